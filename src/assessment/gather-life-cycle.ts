import type { Cryptoperiods, LifeCycleSeen } from '../compliance/life-cycle/life-cycle-seen.js'
import type { Seen } from '../compliance/seen.js'
import type { Cmk } from '../core/cmk.js'
import { DEFAULT_KEYSTORE } from '../core/keystore.js'
import type { Database } from '../store/database.js'

const PAGE = 500

/**
 * Every CMK of the store: those of the projects, and those whose material is kept though no list names them any more.
 *
 * @throws StoreUnavailable
 */
export async function listCmks({
  keys,
  identities,
}: Pick<Database, 'keys' | 'identities'>): Promise<readonly Cmk[]> {
  const found = new Map<string, Cmk>()
  for (const { id: projectId } of await identities.listProjects()) {
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const page = { offset, limit: PAGE }
      const list = await keys.list({ projectId, filter: {}, page })
      total = list.total
      for (const cmk of list.cmks) found.set(cmk.id, cmk)
    }
  }
  for (const { key } of await keys.allVersions()) {
    if (found.has(key.keyId)) continue
    const cmk = await keys.findAnywhere(key.keyId)
    if (cmk) found.set(cmk.id, cmk)
  }
  return [...found.values()]
}

/** Reads the life cycle of every key. @throws StoreUnavailable */
export async function gatherLifeCycle(
  database: Pick<Database, 'keys' | 'serviceKeys'>,
  about: { readonly cmks: readonly Cmk[]; readonly cryptoperiods: Cryptoperiods },
): Promise<Seen<LifeCycleSeen>> {
  const cmks = []
  for (const cmk of about.cmks) {
    cmks.push({ cmk, versions: await database.keys.versions(cmk.id) })
  }
  return {
    value: {
      now: Date.now(),
      cmks,
      serviceKeys: await database.serviceKeys.list(DEFAULT_KEYSTORE),
      cryptoperiods: about.cryptoperiods,
    },
  }
}
