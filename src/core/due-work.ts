import type { Cmk } from './cmk.js'
import type { KeyId } from './ids.js'
import { type ImportPair, type ImportPairStore, trialPlaces } from './import-pair.js'
import { DEFAULT_KEYSTORE } from './keystore.js'
import { bury, isDeletionDue } from './life-cycle.js'
import { removeLapsedMaterial } from './remove-material.js'
import { rewriteCmk } from './rewrite-cmk.js'
import { type RotationParts, rotateToFreshVersion } from './rotate-cmk.js'
import { isRotationDue, postponeRotation } from './rotation.js'

/** Work that nobody calls for: the end of a CMK, the end of imported material, a new version, the end of an import pair. */
export type DueWork = 'destruction' | 'lapse' | 'rotation' | 'import-pair'

/** Who is told what became of due work. */
export interface DueWorkObserver {
  done(work: DueWork, about: { readonly keyId: KeyId; readonly versions: readonly number[] }): void
  /** It is tried again when nobody claims it any more. */
  failed(work: DueWork, keyId: KeyId, error: unknown): void
  /** A destruction is due, but the clock is in doubt. */
  held(keyId: KeyId): void
}

/** What due work is done with. */
export interface DueWorkParts extends Omit<RotationParts, 'clock'> {
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
  for (const pair of await parts.importPairs.expired({ now, limit: PAIR_BATCH })) {
    if (run.stopping()) return
    await attempt(parts, { work: 'import-pair', keyId: pair.cmkId }, () => removePair(parts, pair))
  }
}

async function workOn(parts: DueWorkParts, run: DueWorkRun, cmk: Cmk): Promise<void> {
  const { now, mayDestroy } = run
  const keyId = cmk.id
  if (cmk.destroyedAt !== undefined || isDeletionDue(cmk, now)) {
    // A tombstone was decided on when the clock was not in doubt.
    if (mayDestroy || cmk.destroyedAt !== undefined) {
      await attempt(parts, { work: 'destruction', keyId }, () => destroy(parts, cmk, now))
      return
    }
    parts.observer.held(keyId)
  }
  if (cmk.materialExpiresAt !== undefined && cmk.materialExpiresAt <= now) {
    await attempt(parts, { work: 'lapse', keyId }, () => lapse(parts, cmk, now))
  }
  if (isRotationDue(cmk, now)) {
    await attempt(parts, { work: 'rotation', keyId }, () => rotate(parts, cmk, now))
  }
}

/** Does an item and reports what became of it: the versions it was done to, or nothing where others did it. */
async function attempt(
  { observer }: DueWorkParts,
  { work, keyId }: { readonly work: DueWork; readonly keyId: KeyId },
  run: () => Promise<readonly number[] | undefined>,
): Promise<void> {
  try {
    const versions = await run()
    if (versions) observer.done(work, { keyId, versions })
  } catch (error) {
    observer.failed(work, keyId, error)
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
  const { hsm } = await tokens.of(buried.keystoreId)
  const versions = await keys.versions(buried.id)
  for (const { key } of versions) await hsm.destroyKey(key)
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
  const { hsm } = await tokens.of(cmk.keystoreId)
  const gone = await removeLapsedMaterial({ keys, hsm }, cmk, now)
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
  { key }: ImportPair,
): Promise<readonly number[]> {
  const { hsm } = await tokens.of(DEFAULT_KEYSTORE)
  for (const place of [key, ...trialPlaces(key)]) await hsm.destroyKey(place)
  await importPairs.remove(key)
  return []
}
