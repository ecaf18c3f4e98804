import { generateKeyPairSync } from 'node:crypto'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'

/** Names of node:crypto. */
const CURVES: Readonly<Partial<Record<PairAlgorithm, string>>> = {
  'ec-p256': 'prime256v1',
  'ec-p384': 'secp384r1',
  'ec-p521': 'secp521r1',
  secp256k1: 'secp256k1',
}

const publicKeyEncoding = { type: 'spki', format: 'der' } as const
const privateKeyEncoding = { type: 'pkcs8', format: 'der' } as const

/**
 * DER PKCS#8 of a private key that guards nothing: a token is asked what it makes of one. Bytes, because the objects of
 * pairs that Node.js 20 generated can hang the process when they are exported.
 */
export function throwAwayPkcs8(algorithm: PairAlgorithm): Buffer {
  const namedCurve = CURVES[algorithm]
  if (namedCurve !== undefined) {
    const wish = { namedCurve, publicKeyEncoding, privateKeyEncoding }
    return generateKeyPairSync('ec', wish).privateKey
  }
  const modulusLength = Number(algorithm.slice('rsa-'.length))
  const wish = { modulusLength, publicKeyEncoding, privateKeyEncoding }
  return generateKeyPairSync('rsa', wish).privateKey
}
