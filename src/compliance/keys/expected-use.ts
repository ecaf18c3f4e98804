import type { KeyKind } from '../../core/hsm.js'
import type { KeyAttributes, KeyFlag } from '../../core/hsm-inspection.js'
import type { PairAlgorithm, PairUse } from '../../core/hsm-pairs.js'
import type { KeyRole } from '../observations.js'

/** Material of a key that the store names: one secret, or the private half of a pair. */
export type Material =
  | { readonly form: 'secret'; readonly kind: KeyKind }
  | { readonly form: 'pair'; readonly algorithm: PairAlgorithm; readonly use: PairUse }

/** Numbers of PKCS#11, CK_KEY_TYPE: v3.1, and ML-DSA of v3.2. */
export const KEY_TYPES = {
  RSA: 0x00,
  EC: 0x03,
  GENERIC_SECRET: 0x10,
  AES: 0x1f,
  EC_EDWARDS: 0x40,
  ML_DSA: 0x4a,
} as const

/** Name of a key type. */
export type KeyTypeName = keyof typeof KEY_TYPES

/** A key type of an object as a report names it: `CKK_AES`, or its number where it is a vendor's own. */
export function keyTypeName(keyType: number): string {
  const known = Object.entries(KEY_TYPES).find(([, number]) => number === keyType)
  if (known) return `CKK_${known[0]}`
  return keyType < 0 ? 'not reported' : `0x${keyType.toString(16)}`
}

const WRAP = ['wrap', 'unwrap'] as const
const MAC = ['sign', 'verify'] as const

const SECRETS: Readonly<
  Record<KeyKind, { readonly type: KeyTypeName | undefined; readonly uses: readonly KeyFlag[] }>
> = {
  wrapping: { type: 'AES', uses: WRAP },
  binding: { type: 'GENERIC_SECRET', uses: MAC },
  'hmac-256': { type: 'GENERIC_SECRET', uses: MAC },
  'hmac-384': { type: 'GENERIC_SECRET', uses: MAC },
  'hmac-512': { type: 'GENERIC_SECRET', uses: MAC },
  // The key types of the Chinese standards have the numbers that their vendor gave them.
  'sm4-wrapping': { type: undefined, uses: WRAP },
  'hmac-sm3': { type: 'GENERIC_SECRET', uses: MAC },
}

const PAIR_TYPES: Readonly<Record<PairAlgorithm, KeyTypeName | undefined>> = {
  'rsa-2048': 'RSA',
  'rsa-3072': 'RSA',
  'rsa-4096': 'RSA',
  'ec-p256': 'EC',
  'ec-p384': 'EC',
  'ec-p521': 'EC',
  secp256k1: 'EC',
  ed25519: 'EC_EDWARDS',
  sm2: undefined,
  'ml-dsa-44': 'ML_DSA',
  'ml-dsa-65': 'ML_DSA',
  'ml-dsa-87': 'ML_DSA',
}

const PAIR_USES: Readonly<Record<PairUse, readonly KeyFlag[]>> = {
  sign: ['sign'],
  decrypt: ['decrypt'],
  agree: ['derive'],
  import: ['unwrap'],
}

/** What an object may be: its type, where it has a number that all tokens share, and the sets of uses that are right. */
export interface ExpectedUse {
  readonly types: readonly KeyTypeName[] | undefined
  readonly uses: readonly (readonly KeyFlag[])[]
}

/**
 * What the object of a key ought to be.
 *
 * An object that no row explains is judged by its role and its own type: one use, whichever it is.
 *
 * `importPairsDecrypt`: the profile takes OAEP padding off outside of the token, for which import pairs decrypt as well.
 */
export function expectedUse(
  item: {
    readonly material: Material | undefined
    readonly role: KeyRole
    readonly object: Pick<KeyAttributes, 'class' | 'keyType'>
  },
  { importPairsDecrypt }: { readonly importPairsDecrypt: boolean },
): ExpectedUse {
  const { material, role, object } = item
  if (material?.form === 'secret') {
    const { type, uses } = SECRETS[material.kind]
    return { types: type && [type], uses: [uses] }
  }
  if (material) {
    const type = PAIR_TYPES[material.algorithm]
    const uses = PAIR_USES[material.use]
    const decrypts = material.use === 'import' && importPairsDecrypt
    return { types: type && [type], uses: [decrypts ? [...uses, 'decrypt'] : uses] }
  }
  return unexplained(role, object)
}

const CKO_PRIVATE_KEY = 3

function unexplained(role: KeyRole, object: Pick<KeyAttributes, 'class' | 'keyType'>): ExpectedUse {
  if (role === 'binding') return { types: ['GENERIC_SECRET'], uses: [MAC] }
  if (role === 'credential') return { types: ['AES'], uses: [WRAP] }
  if (role === 'audit') return { types: ['EC'], uses: [PAIR_USES.sign] }
  if (object.class === CKO_PRIVATE_KEY) {
    const types = ['RSA', 'EC', 'EC_EDWARDS', 'ML_DSA'] as const
    return { types, uses: Object.values(PAIR_USES) }
  }
  const types = ['AES', 'GENERIC_SECRET'] as const
  return { types, uses: [object.keyType === KEY_TYPES.GENERIC_SECRET ? MAC : WRAP] }
}
