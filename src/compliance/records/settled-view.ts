import { FIRST_HOME } from '../../core/home.js'
import type { Inspection, KeyAttributes } from '../../core/hsm-inspection.js'
import type { Observations, StoredKey } from '../observations.js'
import { type HousedKey, type KeyRecords, listStoredKeys } from './stored-keys.js'

/** A difference is believed when it was seen so many times in a row. */
const LOOKS = 4
const CKO_PUBLIC_KEY = 2

/** Store and token, in so far as they stood still. */
export type SettledView = Pick<Observations, 'stored' | 'objects'>

interface Look {
  readonly before: readonly StoredKey[]
  readonly objects: readonly KeyAttributes[]
  readonly after: readonly StoredKey[]
}

/**
 * Reads the store and the token while the service may be at work: a key is generated first and stored second, so an
 * object without a row, or a row without an object, is looked at again before it counts.
 */
export async function readSettled(parts: {
  readonly hsm: Pick<Inspection, 'inspectKeys'>
  readonly records: KeyRecords
  readonly pause: () => Promise<void>
}): Promise<SettledView> {
  let look = await takeLook(parts)
  let doubtful = differences(look)
  for (let looks = 1; looks < LOOKS && doubtful.size > 0; looks++) {
    await parts.pause()
    look = await takeLook(parts)
    const still = differences(look)
    doubtful = new Set([...doubtful].filter((id) => still.has(id)))
  }
  return withoutPassing(look, doubtful)
}

async function takeLook({
  hsm,
  records,
}: {
  readonly hsm: Pick<Inspection, 'inspectKeys'>
  readonly records: KeyRecords
}): Promise<Look> {
  const before = await listStoredKeys(records)
  const all = await hsm.inspectKeys()
  // A public key has nothing to protect, and its private half is there under the same CKA_ID.
  const objects = all.filter((object) => object.class !== CKO_PUBLIC_KEY)
  const after = await listStoredKeys(records)
  const home = homeAmong(after, objects)
  return { before: housedIn(before, home), objects, after: housedIn(after, home) }
}

/** Which token is looked at: the newest whose own keys of the service are among the objects, else the newest of all. */
function homeAmong(keys: readonly HousedKey[], objects: readonly KeyAttributes[]): number {
  const own = keys.filter(({ role }) => role !== 'cmk' && role !== 'import')
  const there = idsOf(objects)
  const seen = own.filter(({ id }) => there.has(id))
  return Math.max(FIRST_HOME, ...(seen.length > 0 ? seen : own).map(({ home }) => home))
}

function housedIn(keys: readonly HousedKey[], home: number): readonly StoredKey[] {
  return keys.filter((key) => key.home === home)
}

/** CKA_IDs of objects that no row explains, and of rows that stood there all the time without an object. */
function differences(look: Look): ReadonlySet<string> {
  const [before, objects, after] = [look.before, look.objects, look.after].map(idsOf)
  const orphans = look.objects.filter(({ id }) => !before?.has(id) && !after?.has(id))
  const missing = look.after.filter(({ id }) => before?.has(id) && !objects?.has(id))
  return new Set([...orphans, ...missing].map(({ id }) => id))
}

/** Drops the differences that were only seen in passing, and keeps those that stayed. */
function withoutPassing(look: Look, stayed: ReadonlySet<string>): SettledView {
  const objects = idsOf(look.objects)
  const rows = new Map([...look.before, ...look.after].map((stored) => [stored.id, stored]))
  return {
    stored: [...rows.values()].filter(({ id }) => objects.has(id) || stayed.has(id)),
    objects: look.objects.filter(({ id }) => rows.has(id) || stayed.has(id)).sort(byLabelAndId),
  }
}

/** Tokens list in any order; two reports of one token are to be the same. */
function byLabelAndId(one: KeyAttributes, other: KeyAttributes): number {
  if (one.label !== other.label) return one.label < other.label ? -1 : 1
  return one.id < other.id ? -1 : 1
}

function idsOf(things: readonly { readonly id: string }[]): ReadonlySet<string> {
  return new Set(things.map(({ id }) => id))
}
