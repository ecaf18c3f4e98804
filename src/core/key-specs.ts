import type { KeyKind } from './hsm.js'

/** What a key may be used for, as it stands on the wire. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC'

/** Every `key_spec` of the wire contract, in its order. */
export const KEY_SPECS = [
  'AES_256',
  'SM4',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_P256',
  'EC_P384',
  'SECP256K1',
  'SM2',
  'ED25519',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'HMAC_SM3',
] as const

/** Algorithm and size of a CMK. */
export type KeySpec = (typeof KEY_SPECS)[number]

/** What the service knows of a key specification that it can make. */
export interface KeySpecRow {
  readonly kind: KeyKind
  /** Usages that may be chosen; the first one is the default. */
  readonly usages: readonly [KeyUsage, ...KeyUsage[]]
}

const ROWS: Partial<Record<KeySpec, KeySpecRow>> = {
  AES_256: { kind: 'wrapping', usages: ['ENCRYPT_DECRYPT'] },
}

/** The row of a key specification, or nothing where the service cannot make such keys. */
export function keySpecRow(spec: KeySpec): KeySpecRow | undefined {
  return ROWS[spec]
}
