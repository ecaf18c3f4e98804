import { type KeyObject, sign, verify } from 'node:crypto'
import { p256, p384, p521, secp256k1 } from '../../src/packages/noble-curves.js'
import { HsmError } from '../../src/core/hsm.js'
import type { SignatureScheme } from '../../src/core/hsm-pairs.js'
import { signPkcs1, signPss, verifyPkcs1, verifyPss } from './memory-rsa.js'
import type { MemoryPair } from './memory-token.js'

/*
 * Signatures of digests for the in-memory HSM. node:crypto hashes whatever it signs, except with Ed25519; so the
 * curves come from @noble/curves.
 */

const ECDSA = { 'ec-p256': p256, 'ec-p384': p384, 'ec-p521': p521, secp256k1 } as const
/** Any s is right: SEC 1 knows no low half. */
const ANY_S = { lowS: false, prehash: false } as const
const DIGEST_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** Signs a digest, or with Ed25519 a message. */
export function signDigest(
  pair: MemoryPair,
  scheme: SignatureScheme,
  message: Uint8Array,
): Uint8Array {
  const { padding, hash, curve } = methodOf(pair, scheme, message)
  if (curve) return curve.sign(message, scalarOf(pair.privateKey), ANY_S).toBytes('compact')
  if (padding === 'pss') return signPss(pair.privateKey, hash, message)
  if (padding === 'pkcs1') return signPkcs1(pair.privateKey, hash, message)
  return sign(null, message, pair.privateKey)
}

/** Verifies what {@link signDigest} made; anything malformed is wrong. */
export function verifyDigest(
  pair: MemoryPair,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { padding, hash, curve } = methodOf(pair, scheme, message)
  if (curve) {
    if (signature.length !== 2 * curve.Point.Fn.BYTES) return false
    return curve.verify(signature, message, pointOf(pair.publicKey), ANY_S)
  }
  if (padding === 'pss') return verifyPss(pair.publicKey, hash, message, signature)
  if (padding === 'pkcs1') return verifyPkcs1(pair.publicKey, hash, message, signature)
  return verify(null, message, pair.publicKey, signature)
}

interface Method {
  readonly padding: string
  readonly hash: string
  readonly curve: (typeof ECDSA)[keyof typeof ECDSA] | undefined
}

/** How a pair makes signatures of a scheme; refuses what a token refuses. */
function methodOf({ algorithm }: MemoryPair, scheme: SignatureScheme, message: Uint8Array): Method {
  const [padding = '', hash = ''] = scheme.split('-')
  const fits =
    (algorithm.startsWith('rsa-') && (padding === 'pss' || padding === 'pkcs1')) ||
    (algorithm in ECDSA && scheme === 'ecdsa') ||
    (algorithm === 'ed25519' && scheme === 'ed25519')
  if (!fits) throw new HsmError('unsupported', `A pair of ${algorithm} has no ${scheme}.`)
  const lengths = scheme === 'ecdsa' ? Object.values(DIGEST_BYTES) : [DIGEST_BYTES[hash]]
  if (scheme !== 'ed25519' && !lengths.includes(message.length)) {
    throw new HsmError('unsupported', `A digest of ${message.length} bytes is none of ${scheme}.`)
  }
  // `fits` has just shown that ECDSA is asked of a curve of the table.
  const curve = scheme === 'ecdsa' ? ECDSA[algorithm as keyof typeof ECDSA] : undefined
  return { padding, hash, curve }
}

function scalarOf(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
}

function pointOf(key: KeyObject): Uint8Array {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}
