import { KmsError } from './errors.js'
import type { HsmLimits } from './hsm.js'
import type { PairAlgorithm } from './hsm-pairs.js'

/** `key_spec` of RSA pairs that are wrapped as data keys. */
export const RSA_PAIR_SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const

/** `key_spec` of EC pairs that are wrapped as data keys. */
export const EC_PAIR_SPECS = [
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
] as const

/** Specification of a pair that is wrapped as a data key. */
export type DatakeyPairSpec = (typeof RSA_PAIR_SPECS)[number] | (typeof EC_PAIR_SPECS)[number]

/** Algorithm, and the longest PKCS#8 of such a private key in bytes, rounded up to a multiple of 8. */
const ROWS: Readonly<
  Record<DatakeyPairSpec, { readonly algorithm: PairAlgorithm; readonly bytes: number }>
> = {
  RSA_2048: { algorithm: 'rsa-2048', bytes: 1224 },
  RSA_3072: { algorithm: 'rsa-3072', bytes: 1800 },
  RSA_4096: { algorithm: 'rsa-4096', bytes: 2376 },
  ECC_NIST_P256: { algorithm: 'ec-p256', bytes: 144 },
  ECC_NIST_P384: { algorithm: 'ec-p384', bytes: 192 },
  ECC_NIST_P521: { algorithm: 'ec-p521', bytes: 248 },
  ECC_SECG_P256K1: { algorithm: 'secp256k1', bytes: 144 },
  SM2: { algorithm: 'sm2', bytes: 144 },
}

/**
 * Algorithm of a pair, if the token can make and wrap one.
 *
 * @throws KmsError KMS.1902
 */
export function pairAlgorithm(spec: DatakeyPairSpec, limits: HsmLimits): PairAlgorithm {
  const { algorithm, bytes } = ROWS[spec]
  if (limits.algorithms.includes(algorithm) && limits.maxPairBytes >= bytes) return algorithm
  throw new KmsError(
    'KMS.1902',
    `The token of this key does not make and wrap pairs of the specification ${spec}.`,
  )
}
