import type { KeyKind } from './hsm.js'
import type { PairAlgorithm, PairUse } from './hsm-pairs.js'

/** What a key may be used for, as it stands on the wire. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT'

/** Every `key_usage`, for the schemas that name them. */
export const KEY_USAGES = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
] as const satisfies readonly KeyUsage[]

/** Every `key_spec` of the wire contract, in its order, and ML-DSA (FIPS 204), which it does not have yet. */
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
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
] as const

/** Algorithm and size of a CMK. */
export type KeySpec = (typeof KEY_SPECS)[number]

/** A specification whose keys are one secret. */
export interface SecretSpec {
  readonly form: 'secret'
  readonly family: 'symmetric' | 'hmac'
  readonly algorithm: KeyKind
  /** Usages that may be chosen; the first one is the default. */
  readonly usages: readonly [KeyUsage, ...KeyUsage[]]
  /** Length of imported material in bytes; 0: such keys are not imported. */
  readonly importBytes: number
}

/** A specification whose keys are pairs. */
export interface PairSpec {
  readonly form: 'pair'
  readonly family: 'rsa' | 'ec' | 'edwards' | 'sm2' | 'ml-dsa'
  readonly algorithm: PairAlgorithm
  /** Usages that may be chosen; the first one is the default. */
  readonly usages: readonly [KeyUsage, ...KeyUsage[]]
}

/** What the service knows of a key specification. Whether a token makes such keys is a fact of the token. */
export type KeySpecRow = SecretSpec | PairSpec

const SIGN_OR_DECRYPT = ['SIGN_VERIFY', 'ENCRYPT_DECRYPT'] as const
const SIGN_OR_AGREE = ['SIGN_VERIFY', 'KEY_AGREEMENT'] as const

const ROWS: Readonly<Record<KeySpec, KeySpecRow>> = {
  AES_256: symmetric('wrapping', 32),
  SM4: symmetric('sm4-wrapping', 16),
  RSA_2048: pair('rsa', 'rsa-2048', SIGN_OR_DECRYPT),
  RSA_3072: pair('rsa', 'rsa-3072', SIGN_OR_DECRYPT),
  RSA_4096: pair('rsa', 'rsa-4096', SIGN_OR_DECRYPT),
  EC_P256: pair('ec', 'ec-p256', SIGN_OR_AGREE),
  EC_P384: pair('ec', 'ec-p384', SIGN_OR_AGREE),
  SECP256K1: pair('ec', 'secp256k1', SIGN_OR_AGREE),
  SM2: pair('sm2', 'sm2', SIGN_OR_DECRYPT),
  ED25519: pair('edwards', 'ed25519', ['SIGN_VERIFY']),
  HMAC_256: hmac('hmac-256'),
  HMAC_384: hmac('hmac-384'),
  HMAC_512: hmac('hmac-512'),
  HMAC_SM3: hmac('hmac-sm3'),
  ML_DSA_44: pair('ml-dsa', 'ml-dsa-44', ['SIGN_VERIFY']),
  ML_DSA_65: pair('ml-dsa', 'ml-dsa-65', ['SIGN_VERIFY']),
  ML_DSA_87: pair('ml-dsa', 'ml-dsa-87', ['SIGN_VERIFY']),
}

const PAIR_USES: Readonly<Record<KeyUsage, PairUse | undefined>> = {
  SIGN_VERIFY: 'sign',
  ENCRYPT_DECRYPT: 'decrypt',
  KEY_AGREEMENT: 'agree',
  GENERATE_VERIFY_MAC: undefined,
}

/** The row of a key specification. */
export function keySpecRow(spec: KeySpec): KeySpecRow {
  return ROWS[spec]
}

/** What a pair of a CMK may do on the token; nothing for the usage of MAC keys, which are no pairs. */
export function pairUse(usage: KeyUsage): PairUse | undefined {
  return PAIR_USES[usage]
}

/**
 * Whether keys of a specification can be made from imported material. The public key of an Edwards pair cannot be told
 * from its private half by any call of PKCS#11, nor that of a pair that only agrees.
 */
export function isImportable(row: KeySpecRow, usage: KeyUsage): boolean {
  if (row.form === 'secret') return row.importBytes > 0
  return row.family === 'rsa' || (row.family === 'ec' && usage === 'SIGN_VERIFY')
}

function symmetric(algorithm: KeyKind, importBytes: number): SecretSpec {
  return {
    form: 'secret',
    family: 'symmetric',
    algorithm,
    usages: ['ENCRYPT_DECRYPT'],
    importBytes,
  }
}

function hmac(algorithm: KeyKind): SecretSpec {
  return {
    form: 'secret',
    family: 'hmac',
    algorithm,
    usages: ['GENERATE_VERIFY_MAC'],
    importBytes: 0,
  }
}

function pair(
  family: PairSpec['family'],
  algorithm: PairAlgorithm,
  usages: PairSpec['usages'],
): PairSpec {
  return { form: 'pair', family, algorithm, usages }
}
