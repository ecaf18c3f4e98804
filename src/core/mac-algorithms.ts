import { KmsError } from './errors.js'
import type { HashName } from './hsm-pairs.js'
import type { KeySpec } from './key-specs.js'

/** Names of the MAC algorithms on the wire. */
export const MAC_ALGORITHMS = ['HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512', 'HMAC_SM3'] as const

/** One of {@link MAC_ALGORITHMS}. */
export type MacAlgorithm = (typeof MAC_ALGORITHMS)[number]

const ROWS: Readonly<Record<MacAlgorithm, { readonly spec: KeySpec; readonly hash: HashName }>> = {
  HMAC_SHA_256: { spec: 'HMAC_256', hash: 'sha256' },
  HMAC_SHA_384: { spec: 'HMAC_384', hash: 'sha384' },
  HMAC_SHA_512: { spec: 'HMAC_512', hash: 'sha512' },
  HMAC_SM3: { spec: 'HMAC_SM3', hash: 'sm3' },
}

/**
 * Hash of a MAC algorithm, if it is the one of the key. SP 800-107 section 5.3.4: the key is as long as the hash.
 *
 * @throws KmsError KMS.0308
 */
export function macHash(name: MacAlgorithm, spec: KeySpec): HashName {
  const row = ROWS[name]
  if (row.spec === spec) return row.hash
  throw new KmsError('KMS.0308', `mac_algorithm ${name} does not fit a key of ${spec}.`)
}
