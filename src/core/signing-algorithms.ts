import { hash } from 'node:crypto'
import { KmsError } from './errors.js'
import type { HsmLimits } from './hsm.js'
import type { HashName, SignatureScheme } from './hsm-pairs.js'
import { type KeySpec, type PairSpec, keySpecRow } from './key-specs.js'

/** Names of the signing algorithms on the wire. */
export const SIGNING_ALGORITHMS = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA_SM3',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
] as const

/** One of {@link SIGNING_ALGORITHMS}. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** What a request sends to be signed: the message, or its digest. */
export type MessageType = 'RAW' | 'DIGEST'

/** What is known of a signing algorithm. */
export interface SigningAlgorithmRow {
  /** Keys that it is for. */
  readonly family: PairSpec['family']
  readonly scheme: SignatureScheme
  /** Hash of the digest that the token signs; nothing where the token signs the message itself. */
  readonly hash: HashName | undefined
  /** What may be sent. */
  readonly messages: readonly MessageType[]
}

const EITHER = ['RAW', 'DIGEST'] as const

const ROWS: Readonly<Record<SigningAlgorithm, SigningAlgorithmRow>> = {
  RSASSA_PSS_SHA_256: { family: 'rsa', scheme: 'pss-sha256', hash: 'sha256', messages: EITHER },
  RSASSA_PSS_SHA_384: { family: 'rsa', scheme: 'pss-sha384', hash: 'sha384', messages: EITHER },
  RSASSA_PSS_SHA_512: { family: 'rsa', scheme: 'pss-sha512', hash: 'sha512', messages: EITHER },
  RSASSA_PKCS1_V1_5_SHA_256: pkcs1('pkcs1-sha256', 'sha256'),
  RSASSA_PKCS1_V1_5_SHA_384: pkcs1('pkcs1-sha384', 'sha384'),
  RSASSA_PKCS1_V1_5_SHA_512: pkcs1('pkcs1-sha512', 'sha512'),
  ECDSA_SHA_256: { family: 'ec', scheme: 'ecdsa', hash: 'sha256', messages: EITHER },
  ECDSA_SHA_384: { family: 'ec', scheme: 'ecdsa', hash: 'sha384', messages: EITHER },
  ECDSA_SHA_512: { family: 'ec', scheme: 'ecdsa', hash: 'sha512', messages: EITHER },
  // GB/T 32918: the digest is SM3(Z ‖ M), and Z needs a name of the signer that only the client knows.
  SM2DSA_SM3: { family: 'sm2', scheme: 'sm2dsa', hash: 'sm3', messages: ['DIGEST'] },
  // RFC 8032 section 5.1: the message is hashed twice with different prefixes, so no digest can stand for it.
  ED25519_SHA_512: { family: 'edwards', scheme: 'ed25519', hash: undefined, messages: ['RAW'] },
  ED25519_PH_SHA_512: { family: 'edwards', scheme: 'ed25519ph', hash: 'sha512', messages: EITHER },
}

const HASH_BYTES: Readonly<Record<HashName, number>> = {
  sha256: 32,
  sha384: 48,
  sha512: 64,
  sm3: 32,
}

/** Bytes of the order of the curves that sign. */
const ORDER_BYTES: Partial<Record<KeySpec, number>> = { EC_P256: 32, EC_P384: 48, SECP256K1: 32 }

/**
 * The row of a signing algorithm, if a key and its token can use it.
 *
 * @throws KmsError KMS.0332
 */
export function signingAlgorithm(
  name: SigningAlgorithm,
  { spec, limits }: { readonly spec: KeySpec; readonly limits: HsmLimits },
): SigningAlgorithmRow {
  const row = ROWS[name]
  if (row.family !== keySpecRow(spec).family) {
    throw new KmsError('KMS.0332', `signing_algorithm ${name} does not fit a key of ${spec}.`)
  }
  if (!limits.signatureSchemes.includes(row.scheme)) {
    throw new KmsError('KMS.0332', `The token of this key does not offer ${name}.`)
  }
  return row
}

/** Bytes of r and of s in the ECDSA signatures of a key; nothing for keys that do not sign with ECDSA. */
export function ecdsaOrderBytes(spec: KeySpec): number | undefined {
  return ORDER_BYTES[spec]
}

/**
 * What the token is given to sign: the message itself or its digest, of which ECDSA uses no more bits than the order of
 * the curve has.
 *
 * @throws KmsError KMS.0308 when the algorithm does not take this type of message, KMS.0329 for a digest that is none
 */
export function toBeSigned(
  { hash: hashName, messages }: SigningAlgorithmRow,
  request: { readonly spec: KeySpec; readonly message: Uint8Array; readonly type: MessageType },
): Uint8Array {
  const { spec, message, type } = request
  if (!messages.includes(type)) {
    throw new KmsError('KMS.0308', `This algorithm needs message_type ${messages.join(' or ')}.`)
  }
  if (hashName === undefined) return message
  const digest = type === 'RAW' ? hash(hashName, message, 'buffer') : message
  if (digest.length !== HASH_BYTES[hashName]) {
    throw new KmsError(
      'KMS.0329',
      `message must be a digest of ${HASH_BYTES[hashName]} bytes when message_type is DIGEST.`,
    )
  }
  // FIPS 186-5 section 6.4.1 step 2: the leftmost bits. Tokens differ in whether they cut them themselves.
  return digest.subarray(0, ecdsaOrderBytes(spec))
}

function pkcs1(scheme: SignatureScheme, hashName: HashName): SigningAlgorithmRow {
  return { family: 'rsa', scheme, hash: hashName, messages: EITHER }
}
