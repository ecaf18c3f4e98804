import { KmsError } from './errors.js'
import type { OaepHash } from './hsm-data.js'
import type { EncryptionForm } from './key-use.js'

/** Names of the encryption algorithms on the wire. */
export const ENCRYPTION_ALGORITHMS = [
  'SYMMETRIC_DEFAULT',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'SM2_ENCRYPT',
] as const

/** One of {@link ENCRYPTION_ALGORITHMS}. */
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number]

/** The algorithm of a request that names none. */
export const DEFAULT_ENCRYPTION_ALGORITHM: EncryptionAlgorithm = 'SYMMETRIC_DEFAULT'

/** How something is encrypted: in a frame of this service, or by RSA OAEP with a hash. */
export type EncryptionScheme = 'frame' | OaepHash

const OAEP_HASHES: Readonly<Record<EncryptionAlgorithm, OaepHash | undefined>> = {
  SYMMETRIC_DEFAULT: undefined,
  RSAES_OAEP_SHA_1: 'sha1',
  RSAES_OAEP_SHA_256: 'sha256',
  SM2_ENCRYPT: undefined,
}

/**
 * How an algorithm encrypts under a key.
 *
 * @throws KmsError KMS.2105, KMS.2106 when key and algorithm do not fit
 */
export function encryptionScheme(
  name: EncryptionAlgorithm,
  form: EncryptionForm,
): EncryptionScheme {
  const hash = OAEP_HASHES[name]
  if (form === 'symmetric') {
    if (name === 'SYMMETRIC_DEFAULT') return 'frame'
    throw new KmsError('KMS.2105', `${name} does not fit a symmetric key: use SYMMETRIC_DEFAULT.`)
  }
  if (hash === undefined) {
    throw new KmsError(
      'KMS.2106',
      `${name} does not fit an RSA key: name RSAES_OAEP_SHA_256 as the encryption algorithm.`,
    )
  }
  return hash
}
