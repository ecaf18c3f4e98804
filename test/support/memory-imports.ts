import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { HsmError } from '../../src/core/hsm.js'
import type { Importing } from '../../src/core/hsm-import.js'
import type { PairAlgorithm } from '../../src/core/hsm-pairs.js'
import { KIND_BYTES, makeKey, unwrapPadded } from './memory-keys.js'
import { openOaep } from './memory-oaep.js'
import { spkiOf } from './memory-pairs.js'
import type { MemoryToken } from './memory-token.js'

const CURVES: Readonly<Partial<Record<PairAlgorithm, string>>> = {
  'ec-p256': 'prime256v1',
  'ec-p384': 'secp384r1',
  'ec-p521': 'secp521r1',
  secp256k1: 'secp256k1',
}

/** Stores a secret key that arrives under RSA OAEP. */
export function importSecret(
  token: MemoryToken,
  request: Parameters<Importing['importSecret']>[0],
): Uint8Array {
  const { under, hash, wrapped, key, kind, label } = request
  token.requireListed(kind)
  const value = open(token, { under, hash, wrapped })
  try {
    if (value.length !== KIND_BYTES[kind]) {
      throw new HsmError('unsuitable', `The material must have ${KIND_BYTES[kind]} bytes.`)
    }
    return token.checkValue(token.addSecret(makeKey({ key, kind, label, value, local: false })))
  } finally {
    value.fill(0)
  }
}

/** Stores a private key that arrives under a temporary AES key, and finds its public half. */
export function importPair(
  token: MemoryToken,
  request: Parameters<Importing['importPair']>[0],
): Uint8Array {
  const { under, hash, wrappedKey, wrappedPrivate, key: ref, algorithm, use, label } = request
  token.requireListed(algorithm)
  requireImportable(algorithm, use)
  const temporary = open(token, { under, hash, wrapped: wrappedKey })
  if (temporary.length !== 16 && temporary.length !== 32) {
    throw new HsmError('unsuitable', 'The temporary key must be an AES key of 16 or 32 bytes.')
  }
  const privateKey = parsePrivate(unwrap(temporary, wrappedPrivate))
  if (!fits(privateKey, algorithm)) {
    throw new HsmError('unsuitable', `The private key must be one of ${algorithm}.`)
  }
  const publicKey = createPublicKey(privateKey)
  if (!works(privateKey, publicKey)) {
    throw new HsmError('unsuitable', 'The private key does not fit its own public key.')
  }
  token.addPair({ ref, algorithm, use, label, privateKey, publicKey, local: false })
  return spkiOf(publicKey)
}

function open(
  token: MemoryToken,
  request: Pick<Parameters<Importing['importSecret']>[0], 'under' | 'hash' | 'wrapped'>,
): Buffer {
  const { under, hash, wrapped } = request
  const value = openOaep(token, token.pair(under, 'import'), { hash, ciphertext: wrapped })
  if (value) return value
  throw new HsmError('not-authentic', 'What was sent does not open.')
}

function unwrap(temporary: Uint8Array, wrapped: Uint8Array): Uint8Array {
  try {
    // OpenSSL takes nothing at all for a wrap of nothing.
    if (wrapped.length > 0) return unwrapPadded(temporary, wrapped)
  } catch {
    // Said below.
  }
  throw new HsmError('not-authentic', 'What was sent does not open.')
}

function parsePrivate(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
  } catch {
    throw new HsmError('unsuitable', 'The material is no private key (PKCS#8) of this type.')
  } finally {
    der.fill(0)
  }
}

/** As on a token: where no call tells the public key from the private half, there is no import. */
function requireImportable(algorithm: PairAlgorithm, use: string): void {
  const rsa = algorithm.startsWith('rsa-') && (use === 'sign' || use === 'decrypt')
  if (rsa || (algorithm in CURVES && use === 'sign')) return
  throw new HsmError('unsupported', `Pairs of ${algorithm} for ${use} cannot be imported.`)
}

function fits(key: KeyObject, algorithm: PairAlgorithm): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa') {
    const exponent = details?.publicExponent ?? 0n
    return algorithm === `rsa-${String(details?.modulusLength)}` && exponent > 65536n
  }
  return type === 'ec' && details?.namedCurve === CURVES[algorithm]
}

function works(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const text = randomBytes(16)
  try {
    return verify('sha256', text, publicKey, sign('sha256', text, privateKey))
  } catch {
    return false
  }
}
