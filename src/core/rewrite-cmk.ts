import type { Cmk } from './cmk.js'
import type { CmkChange } from './imported-versions.js'
import { type KeyStore, StaleRevision } from './key-store.js'
import { retryStale } from './retry-stale.js'

/** Due work of several replicas and the calls of clients may meet on one row. */
const ATTEMPTS = 8

/** Called again with the row as another writer left it, so it must do nothing but decide. */
type Change = (cmk: Cmk) => CmkChange | undefined | Promise<CmkChange | undefined>

/**
 * Applies a change to a CMK whose row was read already, on the row as it is when it is written; returns the CMK as it
 * was written, or nothing when the change turned out not to be wanted.
 *
 * @throws what the change throws; StaleRevision when other writers won every attempt
 */
export async function rewriteCmk(
  keys: KeyStore,
  first: Cmk,
  change: Change,
): Promise<Cmk | undefined> {
  let known: Cmk | undefined = first
  return await retryStale(async () => {
    // A row outlives its key as a tombstone, so it is there.
    const cmk = known ?? (await keys.findAnywhere(first.id)) ?? first
    known = undefined
    const changed = await decide(keys, cmk, change)
    if (!changed) return undefined
    await keys.replace(changed.cmk, changed.versions)
    return { ...changed.cmk, revision: changed.cmk.revision + 1 }
  }, ATTEMPTS)
}

/** A change that reads versions reads them after the row: what it refuses because of both must hold of a row that is still so. */
async function decide(keys: KeyStore, cmk: Cmk, change: Change): Promise<CmkChange | undefined> {
  try {
    return await change(cmk)
  } catch (error) {
    const now = await keys.findAnywhere(cmk.id)
    if (now && now.revision !== cmk.revision) throw new StaleRevision()
    throw error
  }
}
