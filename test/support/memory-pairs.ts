import {
  type KeyObject,
  createHmac,
  createPublicKey,
  diffieHellman,
  timingSafeEqual,
} from 'node:crypto'
import type { Hsm } from '../../src/core/hsm.js'
import { HsmError } from '../../src/core/hsm.js'
import type { HashName, PairAlgorithm } from '../../src/core/hsm-pairs.js'
import type { KeyRef } from '../../src/core/ids.js'
import { freshPair } from './fresh-pair.js'
import { signDigest, verifyDigest } from './memory-signatures.js'
import type { MemoryToken } from './memory-token.js'
import { rsaPair } from './rsa-pairs.js'

/** Commands of the in-memory HSM. */
export type PairsCommands = Pick<
  Hsm,
  'generatePair' | 'publicKey' | 'sign' | 'verify' | 'agree' | 'mac' | 'verifyMac'
>

const MAC_KINDS: ReadonlySet<string> = new Set([
  'binding',
  'hmac-256',
  'hmac-384',
  'hmac-512',
  'hmac-sm3',
])

/** Name of a curve for node:crypto, and in a JSON Web Key. */
const CURVES: Readonly<Partial<Record<PairAlgorithm, readonly [string, string]>>> = {
  'ec-p256': ['P-256', 'P-256'],
  'ec-p384': ['P-384', 'P-384'],
  'ec-p521': ['P-521', 'P-521'],
  secp256k1: ['secp256k1', 'secp256k1'],
}

/** The commands on a token. */
export function pairsCommands(token: MemoryToken): PairsCommands {
  return {
    async generatePair({ key, algorithm, use, label }) {
      await token.enter('generatePair')
      token.requireListed(algorithm)
      const pair = token.addPair({ ref: key, algorithm, use, label, ...generate(algorithm) })
      return spkiOf(pair.publicKey)
    },
    async publicKey(key) {
      await token.enter('publicKey')
      return spkiOf(token.pair(key).publicKey)
    },
    async sign({ key, scheme, message }) {
      await token.enter('sign')
      return Uint8Array.from(signDigest(token.pair(key, 'sign'), scheme, message))
    },
    async verify({ key, scheme, message, signature }) {
      await token.enter('verify')
      return verifyDigest(token.pair(key, 'sign'), scheme, message, signature)
    },
    async agree({ key, point }) {
      await token.enter('agree')
      const { algorithm, privateKey } = token.pair(key, 'agree')
      return Uint8Array.from(
        diffieHellman({ privateKey, publicKey: publicPoint(algorithm, point) }),
      )
    },
    async mac({ key, hash, message }) {
      await token.enter('mac')
      return Uint8Array.from(macOf(token, key, hash, message))
    },
    async verifyMac({ key, hash, message, mac }) {
      await token.enter('verifyMac')
      const expected = macOf(token, key, hash, message)
      return mac.length === expected.length && timingSafeEqual(mac, expected)
    },
  }
}

/** Generates a pair of an algorithm that node:crypto has. */
export function generate(algorithm: PairAlgorithm): {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
} {
  const [curve] = CURVES[algorithm] ?? []
  if (curve !== undefined) return freshPair('ec', { namedCurve: curve })
  if (algorithm === 'ed25519') return freshPair('ed25519')
  const bits = /^rsa-(\d+)$/.exec(algorithm)?.[1]
  if (bits !== undefined) return rsaPair(Number(bits))
  throw new HsmError('unsupported', `node:crypto makes no pairs of ${algorithm}.`)
}

/** DER SubjectPublicKeyInfo. */
export function spkiOf(publicKey: KeyObject): Uint8Array {
  return Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }))
}

function publicPoint(algorithm: PairAlgorithm, point: Uint8Array): KeyObject {
  const bytes = Buffer.from(point)
  const middle = 1 + (bytes.length - 1) / 2
  try {
    return createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: CURVES[algorithm]?.[1] ?? '',
        x: bytes.subarray(1, middle).toString('base64url'),
        y: bytes.subarray(middle).toString('base64url'),
      },
    })
  } catch {
    throw new HsmError('unsupported', 'The point is not an uncompressed one of the curve.')
  }
}

function macOf(token: MemoryToken, key: KeyRef, hash: HashName, message: Uint8Array): Buffer {
  const { kind, value } = token.secret(key)
  if (!MAC_KINDS.has(kind)) throw new HsmError('unsupported', `A ${kind} key makes no MACs.`)
  return createHmac(hash, value).update(message).digest()
}
