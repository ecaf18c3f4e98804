import type { Cmk } from './cmk.js'
import type { CmkChange } from './imported-versions.js'
import { type KeyStore, StaleRevision } from './key-store.js'

/** Every lost race means that another writer won it, so a few attempts outlast any real contention. */
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
  let cmk = first
  for (let attempt = 1; ; attempt += 1) {
    const changed = await change(cmk)
    if (!changed) return undefined
    try {
      await keys.replace(changed.cmk, changed.versions)
      return { ...changed.cmk, revision: changed.cmk.revision + 1 }
    } catch (error) {
      if (!(error instanceof StaleRevision) || attempt === ATTEMPTS) throw error
      const fresh = await keys.findAnywhere(cmk.id)
      if (!fresh) throw error
      cmk = fresh
    }
  }
}
