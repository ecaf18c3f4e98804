import type { KeyKind } from './hsm.js'
import type { KeyRef } from './ids.js'

/** Keys of the service's own on the token. */
export type ServiceKeyPurpose = 'binding' | 'credential'

/** A key of the service's own; its generation is the version of its {@link KeyRef}. */
export interface ServiceKey {
  /** Keystore whose token holds it; each keystore has a binding key of its own. */
  readonly keystoreId: string
  readonly purpose: ServiceKeyPurpose
  readonly key: KeyRef
  readonly checkValue: Uint8Array
  readonly createdAt: number
}

/** Port: where the service remembers which keys on the token are its own. */
export interface ServiceKeyStore {
  /** Stores a key; returns false when this purpose has this generation in this keystore already (another replica was first). */
  insert(serviceKey: ServiceKey): Promise<boolean>
  list(keystoreId: string): Promise<readonly ServiceKey[]>
}

/** What the keys of the service's own are on the token. */
export const SERVICE_KEY_KINDS: Readonly<Record<ServiceKeyPurpose, KeyKind>> = {
  binding: 'binding',
  credential: 'wrapping',
}

/** Label of a key of the service's own on the token. */
export function serviceKeyLabel(purpose: ServiceKeyPurpose, generation: number): string {
  return purpose === 'binding' ? `kms/binding/${generation}` : 'kms/credential'
}
