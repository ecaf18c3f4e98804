import type { Keystore } from '../core/keystore.js'
import { retryStale } from '../core/retry-stale.js'
import type { Service } from '../core/service.js'
import { loadKeystore } from './key-store-fields.js'
import type { ProjectCall } from './operation.js'

/**
 * Brings the keystore that a path names into a state; one that is in it already stays as it is.
 *
 * @param prepare - what must have succeeded before the keystore may enter the state
 * @throws KmsError KMS.8003 when there is no such keystore; StaleRevision when other writers won every attempt
 */
export async function changeKeystore(
  service: Service,
  call: ProjectCall,
  request: {
    readonly path: { readonly keystore_id: string }
    readonly state: Keystore['state']
    readonly prepare?: (keystore: Keystore) => Promise<unknown>
  },
): Promise<Keystore> {
  const { path, state, prepare } = request
  return await retryStale(async () => {
    const keystore = await loadKeystore(service, call, path)
    if (keystore.state === state) return keystore
    await prepare?.(keystore)
    await service.keystores.replace({ ...keystore, state })
    return { ...keystore, state }
  })
}
