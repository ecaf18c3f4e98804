import type { PairAlgorithm } from '../../core/hsm-pairs.js'

/** Curves that OpenSSL has, and their names there, as node:crypto takes them. */
export const OPENSSL_CURVES = [
  ['ec-p256', 'prime256v1'],
  ['ec-p384', 'secp384r1'],
  ['ec-p521', 'secp521r1'],
  ['secp256k1', 'secp256k1'],
] as const satisfies readonly (readonly [PairAlgorithm, string])[]
