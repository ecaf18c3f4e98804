import type { Cmk } from './cmk.js'
import { destroyVersions } from './destroy-versions.js'
import type { KeyId } from './ids.js'
import { type ImportPair, type ImportPairStore, trialPlaces } from './import-pair.js'
import { DEFAULT_KEYSTORE, type Tokens } from './keystore.js'
import { bury, isDeletionDue } from './life-cycle.js'
import { removeLapsedMaterial } from './remove-material.js'
import { rewriteCmk } from './rewrite-cmk.js'
import { type RotationParts, rotateToFreshVersion } from './rotate-cmk.js'
import { isRotationDue, postponeRotation } from './rotation.js'

/** Work that nobody calls for: the end of a CMK, the end of imported material, a new version, the end of an import pair. */
export type DueWork = 'destruction' | 'lapse' | 'rotation' | 'import-pair'

/** What an item of due work is about; whose it is, where that is known. */
export interface DueItem {
  readonly keyId: KeyId
  readonly owner: Pick<Cmk, 'projectId' | 'domainId'> | undefined
}

/** Who is told what became of due work. */
export interface DueWorkObserver {
  done(work: DueWork, item: DueItem & { readonly versions: readonly number[] }): void
  /** It is tried again when nobody claims it any more. */
  failed(work: DueWork, item: DueItem, error: unknown): void
  /** A destruction is due, but the clock is in doubt. */
  held(item: DueItem): void
}

/** What due work is done with. */
export interface DueWorkParts extends Omit<RotationParts, 'clock' | 'tokens'> {
  readonly tokens: Pick<Tokens, 'of' | 'at' | 'homes'>
  readonly importPairs: ImportPairStore
  readonly observer: DueWorkObserver
}

/** How one run goes. */
export interface DueWorkRun {
  /** The time that decides what is due: read once, so that a clock that jumps meanwhile decides nothing. */
  readonly now: number
  /** Whether the clock can be believed in what cannot be undone. */
  readonly mayDestroy: boolean
  /** True once the run shall end after the item it is at. */
  readonly stopping: () => boolean
}

/** How long other replicas leave an item alone, and so how long after a failure it is tried again. */
const CLAIM_MS = 2 * 60 * 1000
const BATCH = 20
const PAIR_BATCH = 100

/** Does all work that is due. An item that fails is reported and keeps none of the others from being done. */
export async function runDueWork(parts: DueWorkParts, run: DueWorkRun): Promise<void> {
  const { now } = run
  const seen = new Set<KeyId>()
  while (!run.stopping()) {
    const cmks = await parts.keys.claimDue({ now, until: now + CLAIM_MS, limit: BATCH })
    const fresh = cmks.filter(({ id }) => !seen.has(id))
    if (fresh.length === 0) break
    for (const cmk of fresh) {
      if (run.stopping()) return
      seen.add(cmk.id)
      await workOn(parts, run, cmk)
    }
  }
  const homes = parts.tokens.homes()
  for (const pair of await parts.importPairs.expired({ now, limit: PAIR_BATCH, homes })) {
    if (run.stopping()) return
    await attempt(parts, { work: 'import-pair', keyId: pair.cmkId, owner: undefined }, () =>
      removePair(parts, pair),
    )
  }
}

async function workOn(parts: DueWorkParts, run: DueWorkRun, cmk: Cmk): Promise<void> {
  const { now, mayDestroy } = run
  const item = { keyId: cmk.id, owner: cmk }
  if (cmk.destroyedAt !== undefined || isDeletionDue(cmk, now)) {
    // A tombstone was decided on when the clock was not in doubt.
    if (mayDestroy || cmk.destroyedAt !== undefined) {
      await attempt(parts, { work: 'destruction', ...item }, () => destroy(parts, cmk, now))
      return
    }
    parts.observer.held(item)
  }
  if (cmk.materialExpiresAt !== undefined && cmk.materialExpiresAt <= now) {
    await attempt(parts, { work: 'lapse', ...item }, () => lapse(parts, cmk, now))
  }
  if (isRotationDue(cmk, now)) {
    await attempt(parts, { work: 'rotation', ...item }, () => rotate(parts, cmk, now))
  }
}

/** Does an item and reports what became of it: the versions it was done to, or nothing where others did it. */
async function attempt(
  { observer }: DueWorkParts,
  { work, ...item }: DueItem & { readonly work: DueWork },
  run: () => Promise<readonly number[] | undefined>,
): Promise<void> {
  try {
    const versions = await run()
    if (versions) observer.done(work, { ...item, versions })
  } catch (error) {
    observer.failed(work, item, error)
  }
}

/**
 * The row becomes a tombstone first: a cancellation that comes at the same instant either is first, and then nothing is
 * destroyed, or finds a tombstone. Then the objects go; a crash in between leaves a tombstone that is still due.
 */
async function destroy(
  { keys, tokens }: DueWorkParts,
  first: Cmk,
  now: number,
): Promise<readonly number[] | undefined> {
  const buried =
    first.destroyedAt === undefined
      ? await rewriteCmk(keys, first, (fresh) =>
          isDeletionDue(fresh, now) ? { cmk: bury(fresh, now) } : undefined,
        )
      : first
  if (!buried) return undefined
  const versions = await keys.versions(buried.id)
  await destroyVersions(tokens, buried, versions)
  const done = await rewriteCmk(keys, buried, (fresh) =>
    fresh.materialGone ? undefined : { cmk: { ...fresh, materialGone: true } },
  )
  return done && versions.map(({ key }) => key.version)
}

async function lapse(
  { keys, tokens }: DueWorkParts,
  cmk: Cmk,
  now: number,
): Promise<readonly number[] | undefined> {
  const gone = await removeLapsedMaterial({ keys, tokens }, cmk, now)
  return gone.length === 0 ? undefined : gone.map(({ key }) => key.version)
}

/** Reserving the version puts the next rotation off, so that another replica does not begin one as well. */
async function rotate(
  parts: DueWorkParts,
  cmk: Cmk,
  now: number,
): Promise<readonly number[] | undefined> {
  const postponed = now + CLAIM_MS
  const version = await rotateToFreshVersion({ ...parts, clock: () => now }, cmk, {
    begin: (fresh) => (isRotationDue(fresh, now) ? postponeRotation(fresh, postponed) : undefined),
    finish: (fresh) =>
      isRotationDue(fresh, postponed) && fresh.rotation.nextAt === postponed ? fresh : undefined,
  })
  return version === undefined ? undefined : [version]
}

async function removePair(
  { tokens, importPairs }: DueWorkParts,
  { key, home }: ImportPair,
): Promise<readonly number[]> {
  const { hsm } = await tokens.at(DEFAULT_KEYSTORE, home)
  await Promise.all([key, ...trialPlaces(key)].map((place) => hsm.destroyKey(place)))
  await importPairs.remove(key)
  return []
}
