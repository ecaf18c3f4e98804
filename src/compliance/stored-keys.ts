import { cmkLabel } from '../core/cmk.js'
import type { KeyStore } from '../core/key-store.js'
import { SERVICE_KEY_KINDS, type ServiceKeyStore, serviceKeyLabel } from '../core/service-key.js'
import { objectIdOf } from './object-id.js'
import type { StoredKey } from './observations.js'

/** The stores that name keys on the token. */
export interface KeyRecords {
  readonly keys: Pick<KeyStore, 'allVersions'>
  readonly serviceKeys: Pick<ServiceKeyStore, 'list'>
}

/**
 * Every key that the store names: the service's own, then every version of every CMK.
 *
 * @throws StoreUnavailable
 */
export async function listStoredKeys(records: KeyRecords): Promise<readonly StoredKey[]> {
  const own = await records.serviceKeys.list()
  const versions = await records.keys.allVersions()
  return [
    ...own.map(({ purpose, key, checkValue }) => ({
      key,
      id: objectIdOf(key),
      role: purpose,
      kind: SERVICE_KEY_KINDS[purpose],
      label: serviceKeyLabel(purpose, key.version),
      checkValue,
    })),
    ...versions.map(({ key, checkValue }) => ({
      key,
      id: objectIdOf(key),
      role: 'cmk' as const,
      kind: 'wrapping' as const,
      label: cmkLabel(key),
      checkValue,
    })),
  ]
}
