import { type KeyObject, constants, createHash, randomBytes, verify } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { PairAlgorithm, SignatureScheme } from '../../src/core/hsm-pairs.js'
import {
  type MadePair,
  type TokenUnderTest,
  changed,
  failureOf,
  freshRef,
  patterned,
} from './token-under-test.js'

const SLOW_TEST_MS = 120_000

/** A scheme with a hash, under an algorithm, and how node:crypto verifies the message itself. */
interface Case {
  readonly scheme: SignatureScheme
  readonly algorithm: PairAlgorithm
  readonly hash: string | undefined
}

const RSA = ['rsa-2048'] as const
const CURVES = ['ec-p256', 'ec-p384', 'ec-p521', 'secp256k1'] as const
const HASHES = ['sha256', 'sha384', 'sha512'] as const

const CASES: readonly Case[] = [
  ...RSA.flatMap((algorithm) =>
    HASHES.flatMap((hash): Case[] => [
      { scheme: `pss-${hash}`, algorithm, hash },
      { scheme: `pkcs1-${hash}`, algorithm, hash },
    ]),
  ),
  ...CURVES.flatMap((algorithm) =>
    HASHES.map((hash): Case => ({ scheme: 'ecdsa', algorithm, hash })),
  ),
  { scheme: 'ed25519', algorithm: 'ed25519', hash: undefined },
]

/** Signatures made on the token, and verified on it and elsewhere. */
export function hsmSigningContract(token: TokenUnderTest): void {
  test(
    'signs what OpenSSL verifies, and tells every other signature, message and key from it',
    async () => {
      for (const item of casesOf(token)) {
        const [pair, other] = [await signer(token, item), await signer(token, item)]
        const text = randomBytes(200)
        const request = { scheme: item.scheme, message: digestOf(item, text) }
        const signature = await token.hsm.sign({ key: pair.key, ...request })
        const what = `${item.scheme} ${item.algorithm} ${item.hash ?? ''}`
        expect([what, opensslVerifies(item, pair.publicKey, text, signature)]).toEqual([what, true])
        const right = { key: pair.key, ...request, signature }
        expect([what, await token.hsm.verify(right)]).toEqual([what, true])
        const wrong = [
          { ...right, key: other.key },
          { ...right, message: digestOf(item, randomBytes(200)) },
          ...changed(signature).map((bytes) => ({ ...right, signature: bytes })),
        ]
        for (const item of wrong) expect(await token.hsm.verify(item)).toBe(false)
      }
      expect(casesOf(token).length).toBeGreaterThan(0)
    },
    SLOW_TEST_MS,
  )

  test(
    'takes garbage of every length for a wrong signature, and goes on',
    async () => {
      const schemes = new Map(casesOf(token).map((item) => [item.scheme, item]))
      for (const item of schemes.values()) {
        const pair = await signer(token, item)
        const message = digestOf(item, patterned(64))
        const request = { key: pair.key, scheme: item.scheme, message }
        const length = (await token.hsm.sign(request)).length
        const lengths = [0, 1, 2, 7, 8, 31, 32, 63, 64, 65, 72, 96, 128, 132, 256, 257, 512, 5000]
        for (const bytes of new Set([...lengths, length - 2, length - 1, length, length + 2])) {
          for (const signature of [
            new Uint8Array(bytes),
            new Uint8Array(bytes).fill(0xff),
            randomBytes(bytes),
          ]) {
            expect(await token.hsm.verify({ ...request, signature })).toBe(false)
          }
        }
        const signature = await token.hsm.sign(request)
        expect(await token.hsm.verify({ ...request, signature })).toBe(true)
      }
    },
    SLOW_TEST_MS,
  )

  test('takes an ECDSA signature without its leading zeroes for a wrong one', async () => {
    const pair = await token.pair('ec-p256', 'sign')
    // r and s begin with a zero once in 256 times each: one of them is enough to try.
    for (let round = 0; round < 2000; round++) {
      const request = { key: pair.key, scheme: 'ecdsa', message: randomBytes(32) } as const
      const signature = await token.hsm.sign(request)
      if (signature[0] !== 0) continue
      expect(await token.hsm.verify({ ...request, signature })).toBe(true)
      const short = signature.subarray(1)
      expect(await token.hsm.verify({ ...request, signature: short })).toBe(false)
      return
    }
    throw new Error('No signature began with a zero.')
  }, 60_000)

  test('signs messages of any length with Ed25519, the same one the same way', async () => {
    if (!token.hsm.limits.signatureSchemes.includes('ed25519')) return
    const { key, publicKey } = await token.pair('ed25519', 'sign')
    for (const length of [0, 1, 63, 64, 65, 4096]) {
      const request = { key, scheme: 'ed25519', message: patterned(length) } as const
      const signature = await token.hsm.sign(request)
      expect(verify(null, request.message, publicKey, signature)).toBe(true)
      expect(await token.hsm.verify({ ...request, signature })).toBe(true)
      expect(Buffer.from(await token.hsm.sign(request)).equals(signature)).toBe(true)
    }
  })

  test('refuses a scheme that the key or the token has not, and a digest of another length', async () => {
    const rsa = await token.pair('rsa-2048', 'sign')
    const ec = await token.pair('ec-p256', 'sign')
    const message = new Uint8Array(32)
    const wrong = [
      { key: rsa.key, scheme: 'ecdsa', message },
      { key: ec.key, scheme: 'pss-sha256', message },
      { key: ec.key, scheme: 'pkcs1-sha256', message },
      { key: ec.key, scheme: 'ed25519', message },
      { key: ec.key, scheme: 'sm2dsa', message },
      { key: ec.key, scheme: 'ml-dsa', message },
      { key: rsa.key, scheme: 'pss-sha256', message: new Uint8Array(31) },
      { key: rsa.key, scheme: 'pss-sha512', message },
      { key: rsa.key, scheme: 'pkcs1-sha256', message: new Uint8Array(0) },
      { key: rsa.key, scheme: 'pkcs1-sha256', message: new Uint8Array(4096) },
      { key: ec.key, scheme: 'ecdsa', message: new Uint8Array(33) },
      { key: ec.key, scheme: 'ecdsa', message: new Uint8Array(0) },
    ] as const
    for (const request of wrong) {
      expect(await failureOf(token.hsm.sign(request))).toBe('unsupported')
      const signature = new Uint8Array(64)
      expect(await failureOf(token.hsm.verify({ ...request, signature }))).toBe('unsupported')
    }
    const missing = { key: freshRef(), scheme: 'ecdsa', message } as const
    expect(await failureOf(token.hsm.sign(missing))).toBe('key-missing')
  })

  test('signs with pairs made for that alone', async () => {
    const { key } = await token.pair('rsa-2048', 'decrypt')
    const request = { key, scheme: 'pkcs1-sha256', message: new Uint8Array(32) } as const
    expect(await failureOf(token.hsm.sign(request))).toBe('unsupported')
    const signature = new Uint8Array(256)
    expect(await failureOf(token.hsm.verify({ ...request, signature }))).toBe('unsupported')
  })
}

function casesOf({ hsm, pairAlgorithms }: TokenUnderTest): readonly Case[] {
  return CASES.filter(
    ({ scheme, algorithm }) =>
      hsm.limits.signatureSchemes.includes(scheme) && pairAlgorithms.includes(algorithm),
  )
}

function signer(token: TokenUnderTest, { algorithm }: Case): Promise<MadePair> {
  return token.pair(algorithm, 'sign')
}

function digestOf({ hash }: Case, text: Uint8Array): Uint8Array {
  return hash === undefined ? text : createHash(hash).update(text).digest()
}

/** Verifies the message itself, hashed by OpenSSL: an independent judge. */
function opensslVerifies(
  { scheme, hash }: Case,
  key: KeyObject,
  text: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (scheme === 'ecdsa') {
    return verify(hash, text, { key, dsaEncoding: 'ieee-p1363' }, signature)
  }
  if (scheme.startsWith('pss')) {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
    return verify(hash, text, { key, padding, saltLength }, signature)
  }
  return verify(hash ?? null, text, key, signature)
}
