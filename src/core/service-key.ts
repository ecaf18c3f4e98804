import type { KeyKind } from './hsm.js'
import type { PairAlgorithm, PairUse } from './hsm-pairs.js'
import type { KeyRef } from './ids.js'

/**
 * Keys of the service's own on the token: `binding` makes tags, `credential` wraps secrets of access keys, `audit` signs
 * the audit log.
 */
export type ServiceKeyPurpose = 'binding' | 'credential' | 'audit'

/** A key of the service's own; its generation is the version of its {@link KeyRef}. */
export interface ServiceKey {
  /** Keystore whose token holds it; each keystore has a binding key of its own. */
  readonly keystoreId: string
  readonly purpose: ServiceKeyPurpose
  readonly key: KeyRef
  /** Token of the keystore that it is on. Generations are counted over all homes. */
  readonly home: number
  /** Of a pair: SHA-256 of its public key (DER SubjectPublicKeyInfo). */
  readonly checkValue: Uint8Array
  readonly createdAt: number
  /** When the operator gave up the token of its home, in milliseconds since 1970. */
  readonly retiredAt: number | undefined
}

/** Port: where the service remembers which keys on the token are its own. */
export interface ServiceKeyStore {
  /** Stores a key; returns false when this purpose has this generation in this keystore already (another replica was first). */
  insert(serviceKey: ServiceKey): Promise<boolean>
  list(keystoreId: string): Promise<readonly ServiceKey[]>
  /** Notes that the token of a home of the default keystore is given up, and forgets the pairs for imports on it. */
  retire(request: { readonly home: number; readonly now: number }): Promise<void>
}

/** What a key of the service's own is on the token. */
export type ServiceKeyMaterial =
  | { readonly form: 'secret'; readonly kind: KeyKind }
  | { readonly form: 'pair'; readonly algorithm: PairAlgorithm; readonly use: PairUse }

/** What the keys of the service's own are on the token. */
export const SERVICE_KEY_MATERIAL = {
  binding: { form: 'secret', kind: 'binding' },
  credential: { form: 'secret', kind: 'wrapping' },
  audit: { form: 'pair', algorithm: 'ec-p256', use: 'sign' },
} as const satisfies Readonly<Record<ServiceKeyPurpose, ServiceKeyMaterial>>

/** Label of a key of the service's own on the token. */
export function serviceKeyLabel(purpose: ServiceKeyPurpose, generation: number): string {
  return purpose === 'binding' ? `kms/binding/${generation}` : `kms/${purpose}`
}
