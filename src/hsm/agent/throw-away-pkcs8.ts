import { generateKeyPairSync } from 'node:crypto'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'
import { OPENSSL_CURVES } from './openssl-curves.js'

const publicKeyEncoding = { type: 'spki', format: 'der' } as const
const privateKeyEncoding = { type: 'pkcs8', format: 'der' } as const

/**
 * DER PKCS#8 of a private key that guards nothing: a token is asked what it makes of one. Bytes, because the objects of
 * pairs that Node.js 20 generated can hang the process when they are exported.
 */
export function throwAwayPkcs8(algorithm: PairAlgorithm): Buffer {
  const [, namedCurve] = OPENSSL_CURVES.find(([name]) => name === algorithm) ?? []
  if (namedCurve !== undefined) {
    const wish = { namedCurve, publicKeyEncoding, privateKeyEncoding }
    return generateKeyPairSync('ec', wish).privateKey
  }
  const modulusLength = Number(algorithm.slice('rsa-'.length))
  const wish = { modulusLength, publicKeyEncoding, privateKeyEncoding }
  return generateKeyPairSync('rsa', wish).privateKey
}
