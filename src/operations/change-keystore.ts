import { StaleRevision } from '../core/key-store.js'
import type { Keystore } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import { loadKeystore } from './key-store-fields.js'
import type { ProjectCall } from './operation.js'

/** Every lost race means that another writer won it, so a few attempts outlast any real contention. */
const ATTEMPTS = 5

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
  for (let attempt = 1; ; attempt += 1) {
    const keystore = await loadKeystore(service, call, path)
    if (keystore.state === state) return keystore
    await prepare?.(keystore)
    try {
      await service.keystores.replace({ ...keystore, state })
      return { ...keystore, state }
    } catch (error) {
      if (!(error instanceof StaleRevision) || attempt === ATTEMPTS) throw error
    }
  }
}
