import type { Cmk } from './cmk.js'
import type { CmkChange } from './imported-versions.js'
import type { KeyStore } from './key-store.js'
import { retryStale } from './retry-stale.js'

/** Due work of several replicas and the calls of clients may meet on one row. */
const ATTEMPTS = 8

/**
 * Applies a change to a CMK whose row was read already, on the row as it is when it is written; returns the CMK as it
 * was written, or nothing when the change turned out not to be wanted.
 *
 * @throws what the change throws; StaleRevision when other writers won every attempt
 */
export async function rewriteCmk(
  keys: KeyStore,
  first: Cmk,
  /** Called again with the row as another writer left it, so it must do nothing but decide. */
  change: (cmk: Cmk) => CmkChange | undefined | Promise<CmkChange | undefined>,
): Promise<Cmk | undefined> {
  let known: Cmk | undefined = first
  return retryStale(async () => {
    // A row outlives its key as a tombstone, so it is there.
    const cmk = known ?? (await keys.findAnywhere(first.id)) ?? first
    known = undefined
    const changed = await change(cmk)
    if (!changed) return undefined
    await keys.replace(changed.cmk, changed.versions)
    return { ...changed.cmk, revision: changed.cmk.revision + 1 }
  }, ATTEMPTS)
}
