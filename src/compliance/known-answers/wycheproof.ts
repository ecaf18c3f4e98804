import { createHash } from 'node:crypto'
import { decodeEcdsaSignature } from '../../codec/ecdsa-signature.js'
import { type Bag, bagOf, isBag, parseForeign } from '../../codec/foreign-json.js'
import type { HashName, PairAlgorithm, SignatureScheme } from '../../core/hsm-pairs.js'
import { type VectorCase, type VectorFile, hexBytes } from './vector-case.js'

/*
 * The JSON of the project Wycheproof (testvectors and testvectors_v1). Members that a group or a test has are read as
 * texts, so that a file of another form gives no case rather than a fault.
 */

type Case = Omit<VectorCase, 'source' | 'name' | 'validity'>
type Reader = (group: Bag, test: Bag) => readonly Case[]

const HASHES: Readonly<Record<string, HashName>> = {
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}
const HASH_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const
type CommonHash = keyof typeof HASH_BYTES

const CURVES: Readonly<Record<string, { algorithm: PairAlgorithm; bytes: number }>> = {
  secp256r1: { algorithm: 'ec-p256', bytes: 32 },
  secp384r1: { algorithm: 'ec-p384', bytes: 48 },
  secp521r1: { algorithm: 'ec-p521', bytes: 66 },
  secp256k1: { algorithm: 'secp256k1', bytes: 32 },
}

const RSA_SIZES: Readonly<Record<string, PairAlgorithm>> = {
  2048: 'rsa-2048',
  3072: 'rsa-3072',
  4096: 'rsa-4096',
}

/** By the member `algorithm` of the file. */
const READERS: readonly (readonly [RegExp, (name: string) => Reader])[] = [
  [/^AES-KWP$/, () => kwp],
  [/^AES-GCM$/, () => gcm],
  [/^HMACSHA(256|384|512)$/, (name) => hmac(`sha${name.slice(-3)}` as CommonHash)],
  [/^ECDSA$/, () => ecdsa],
  [/^RSASSA-PSS$/, () => pss],
  [/^RSASSA-PKCS1-v1_5$/, () => pkcs1],
]

/** Reads the cases of a file; nothing where it is none of Wycheproof, or of an algorithm that is not judged. */
export function readWycheproof({ name, text }: VectorFile): readonly VectorCase[] | undefined {
  const file = parseForeign(text)
  const algorithm = textOf(file, 'algorithm')
  const row = READERS.find(([pattern]) => pattern.test(algorithm))
  if (!row) return undefined
  const read = row[1](algorithm)
  return bagsOf(file, 'testGroups').flatMap((group) =>
    bagsOf(group, 'tests').flatMap((test) =>
      read(group, test).map((one) => ({
        ...one,
        source: name,
        name: `test ${textOf(test, 'tcId')}`,
        validity: validityOf(test),
      })),
    ),
  )
}

/** What is not called valid or acceptable must be refused: an unknown word is no licence. */
function validityOf(test: Bag): VectorCase['validity'] {
  const result = textOf(test, 'result')
  return result === 'valid' || result === 'acceptable' ? result : 'invalid'
}

function kwp(_group: Bag, test: Bag): readonly Case[] {
  const [kek, secret, wrapped] = ['key', 'msg', 'ct'].map((name) => bytesOf(test, name))
  if (!kek || !secret || !wrapped) return []
  const unwrap: Case = {
    algorithm: 'kwp',
    question: { form: 'kwp-unwrap', kek, wrapped },
    expected: secret,
  }
  // Of an invalid one the wrap is wrong: wrapping the same secret shows nothing more.
  if (validityOf(test) !== 'valid') return [unwrap]
  return [
    unwrap,
    { algorithm: 'kwp', question: { form: 'kwp-wrap', kek, secret }, expected: wrapped },
  ]
}

function gcm(_group: Bag, test: Bag): readonly Case[] {
  const [key, iv, associated, text, ct, tag] = ['key', 'iv', 'aad', 'msg', 'ct', 'tag'].map(
    (name) => bytesOf(test, name),
  )
  if (!key || !iv || !associated || !text || !ct || !tag) return []
  const sealed = Buffer.concat([ct, tag])
  const common = { key, iv, associated, tagBytes: tag.length }
  const decrypt: Case = {
    algorithm: 'gcm',
    question: { form: 'gcm-decrypt', ...common, sealed },
    expected: text,
  }
  if (validityOf(test) !== 'valid') return [decrypt]
  return [
    decrypt,
    { algorithm: 'gcm', question: { form: 'gcm-encrypt', ...common, text }, expected: sealed },
  ]
}

function hmac(hash: CommonHash): Reader {
  return (_group, test) => {
    const [key, message, tag] = ['key', 'msg', 'tag'].map((name) => bytesOf(test, name))
    if (!key || !message || !tag) return []
    return [{ algorithm: 'hmac', question: { form: 'hmac', hash, key, message }, expected: tag }]
  }
}

function ecdsa(group: Bag, test: Bag): readonly Case[] {
  const publicKey = bagOf(group, 'publicKey')
  const curve = CURVES[textOf(publicKey, 'curve')]
  const hash = HASHES[textOf(group, 'sha')]
  const [message, signature] = ['msg', 'sig'].map((name) => bytesOf(test, name))
  if (!message || !signature) return []
  if (!curve || !isCommon(hash)) return [unsupportedCase('ecdsa', 'The service has no such ECDSA.')]
  const plain = decodeEcdsaSignature(signature, curve.bytes)
  if (!plain) {
    return [
      {
        algorithm: 'ecdsa',
        question: { refused: 'no DER of two numbers: the service refuses it' },
        expected: undefined,
      },
    ]
  }
  return [
    {
      algorithm: 'ecdsa',
      question: {
        form: 'verify',
        scheme: 'ecdsa',
        algorithm: curve.algorithm,
        publicKey: [hexBytes(textOf(publicKey, 'uncompressed'))],
        // FIPS 186-5 section 6.4.1: the leftmost bits, as many as the order has.
        digest: digestOf(hash, message).subarray(0, curve.bytes),
        signature: plain,
      },
      expected: undefined,
    },
  ]
}

function pss(group: Bag, test: Bag): readonly Case[] {
  const hash = HASHES[textOf(group, 'sha')]
  const fits =
    isCommon(hash) &&
    textOf(group, 'mgf') === 'MGF1' &&
    textOf(group, 'mgfSha') === textOf(group, 'sha') &&
    textOf(group, 'sLen') === String(HASH_BYTES[hash])
  if (!fits) return [unsupportedCase('rsa-pss', 'The service has no such RSASSA-PSS.')]
  return rsa('rsa-pss', { group, test, hash, scheme: `pss-${hash}` })
}

function pkcs1(group: Bag, test: Bag): readonly Case[] {
  const hash = HASHES[textOf(group, 'sha')]
  if (!isCommon(hash)) return [unsupportedCase('rsa-pkcs', 'The service has no such RSASSA-PKCS1.')]
  return rsa('rsa-pkcs', { group, test, hash, scheme: `pkcs1-${hash}` })
}

function rsa(
  name: 'rsa-pss' | 'rsa-pkcs',
  about: {
    readonly group: Bag
    readonly test: Bag
    readonly hash: CommonHash
    readonly scheme: SignatureScheme
  },
): readonly Case[] {
  const { group, test, hash, scheme } = about
  const algorithm = RSA_SIZES[textOf(group, 'keySize')]
  const publicKey = bagOf(group, 'publicKey')
  const [message, signature] = ['msg', 'sig'].map((member) => bytesOf(test, member))
  if (!message || !signature) return []
  if (!algorithm) return [unsupportedCase(name, 'The service has no RSA keys of this size.')]
  const numbers = ['modulus', 'publicExponent'].map((member) =>
    withoutZeroes(hexBytes(textOf(publicKey, member))),
  )
  const digest = digestOf(hash, message)
  return [
    {
      algorithm: name,
      question: { form: 'verify', scheme, algorithm, publicKey: numbers, digest, signature },
      expected: undefined,
    },
  ]
}

function unsupportedCase(algorithm: VectorCase['algorithm'], why: string): Case {
  return { algorithm, question: { unsupported: why }, expected: undefined }
}

function isCommon(hash: HashName | undefined): hash is CommonHash {
  return hash !== undefined && Object.hasOwn(HASH_BYTES, hash)
}

function digestOf(hash: CommonHash, message: Uint8Array): Uint8Array {
  return createHash(hash).update(message).digest()
}

function withoutZeroes(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  return bytes.subarray(Math.max(0, first))
}

function bagsOf(value: unknown, name: string): readonly Bag[] {
  const member = isBag(value) ? value[name] : undefined
  return Array.isArray(member) ? member.filter(isBag) : []
}

function textOf(value: unknown, name: string): string {
  const member = isBag(value) ? value[name] : undefined
  return typeof member === 'string' || typeof member === 'number' ? String(member) : ''
}

function bytesOf(test: Bag, name: string): Uint8Array | undefined {
  const member = test[name]
  return typeof member === 'string' && /^([0-9a-f]{2})*$/i.test(member)
    ? hexBytes(member)
    : undefined
}
