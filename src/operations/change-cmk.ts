import type { Cmk, KeyVersion } from '../core/cmk.js'
import { retryStale } from '../core/retry-stale.js'
import type { Service } from '../core/service.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

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
  return await retryStale(async () => {
    const cmk = await request.change(await loadCmk(service, call, request.reference))
    await service.keys.replace(cmk, request.versions?.(cmk))
    return cmk
  })
}
