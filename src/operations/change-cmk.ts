import type { Cmk, KeyVersion } from '../core/cmk.js'
import { StaleRevision } from '../core/key-store.js'
import type { Service } from '../core/service.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/** Every lost race means that another writer won it, so a few attempts outlast any real contention. */
const ATTEMPTS = 5

/**
 * Applies a change to the CMK that a request names, on the row as it is when it is written; with it, versions of its
 * material that changed.
 *
 * @throws KmsError of the change; StaleRevision when other writers won every attempt
 */
export async function changeCmk(
  service: Service,
  call: ProjectCall,
  request: {
    readonly reference: string
    /** Called again with the row as another writer left it, so it must do nothing but decide. */
    readonly change: (cmk: Cmk) => Cmk | Promise<Cmk>
    readonly versions?: (cmk: Cmk) => readonly KeyVersion[]
  },
): Promise<Cmk> {
  for (let attempt = 1; ; attempt += 1) {
    const cmk = await request.change(await loadCmk(service, call, request.reference))
    try {
      await service.keys.replace(cmk, request.versions?.(cmk))
      return cmk
    } catch (error) {
      if (!(error instanceof StaleRevision) || attempt === ATTEMPTS) throw error
    }
  }
}
