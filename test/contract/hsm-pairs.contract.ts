import { createPublicKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { KeyAttributes } from '../../src/core/hsm-inspection.js'
import { PAIR_ALGORITHMS, type PairAlgorithm, type PairUse } from '../../src/core/hsm-pairs.js'
import {
  type HsmFacts,
  type MadePair,
  type TokenUnderTest,
  failureOf,
  freshRef,
  hex,
  objectId,
} from './token-under-test.js'

/** Numbers of PKCS#11 v3.1 appendix B. */
const CKO_PUBLIC_KEY = 2
const CKO_PRIVATE_KEY = 3
const CKK_RSA = 0
const CKK_EC = 3

/** A pair of RSA-4096 takes seconds to find its primes, now and then many. */
const SLOW_TEST_MS = 180_000

const DETAILS: Readonly<Partial<Record<PairAlgorithm, readonly [string, object]>>> = {
  'rsa-2048': ['rsa', { modulusLength: 2048, publicExponent: 65537n }],
  'rsa-3072': ['rsa', { modulusLength: 3072, publicExponent: 65537n }],
  'rsa-4096': ['rsa', { modulusLength: 4096, publicExponent: 65537n }],
  'ec-p256': ['ec', { namedCurve: 'prime256v1' }],
  'ec-p384': ['ec', { namedCurve: 'secp384r1' }],
  'ec-p521': ['ec', { namedCurve: 'secp521r1' }],
  secp256k1: ['ec', { namedCurve: 'secp256k1' }],
  ed25519: ['ed25519', {}],
}

/** The one use of a pair, as its private half has it. */
const USES = [
  ['sign', 'ec-p256', { sign: true }],
  ['agree', 'ec-p256', { derive: true }],
  ['sign', 'rsa-2048', { sign: true }],
  ['decrypt', 'rsa-2048', { decrypt: true }],
] as const satisfies readonly (readonly [PairUse, PairAlgorithm, object])[]

/** How pairs come, what their halves may do, and how they go. */
export function hsmPairsContract(token: TokenUnderTest, facts: HsmFacts): void {
  test(
    'gives every pair a public key that others can read',
    async () => {
      const seen = new Set<string>()
      for (const algorithm of token.pairAlgorithms) {
        const { key, spki, publicKey } = await token.pair(algorithm, 'sign')
        const [type, details] = DETAILS[algorithm] ?? []
        expect([algorithm, publicKey.asymmetricKeyType]).toEqual([algorithm, type])
        expect(publicKey.asymmetricKeyDetails).toMatchObject(details ?? {})
        // The same bytes that OpenSSL writes, and the same again when they are read later.
        expect(hex(publicKey.export({ format: 'der', type: 'spki' }))).toBe(hex(spki))
        expect(hex(await token.hsm.publicKey(key))).toBe(hex(spki))
        seen.add(hex(spki))
      }
      expect(seen.size).toBe(token.pairAlgorithms.length)
      expect(seen.size).toBeGreaterThan(0)
    },
    SLOW_TEST_MS,
  )

  test.each(USES)('shows a pair that can %s only: %s', async (use, algorithm, granted) => {
    const { key } = await token.pair(algorithm, use)
    const halves = await halvesOf(token, key)
    const keyType = algorithm.startsWith('rsa') ? CKK_RSA : CKK_EC
    const label = `test/${key.keyId}/1`
    expect(halves.map((half) => half.class).sort()).toEqual([CKO_PUBLIC_KEY, CKO_PRIVATE_KEY])
    for (const half of halves) expect(half).toMatchObject({ keyType, label })
    const secret = halves.find((half) => half.class === CKO_PRIVATE_KEY)
    expect(secret?.flags).toMatchObject({
      token: true,
      private: true,
      sensitive: true,
      extractable: false,
      alwaysSensitive: true,
      neverExtractable: true,
      local: facts.reportsLocal,
      modifiable: false,
      unwrap: false,
      decrypt: false,
      sign: false,
      derive: false,
      ...granted,
    })
    const open = halves.find((half) => half.class === CKO_PUBLIC_KEY)
    expect(open?.flags).toMatchObject({
      token: true,
      private: false,
      modifiable: false,
      wrap: false,
      encrypt: use === 'decrypt',
      verify: use === 'sign',
    })
  })

  test('gives a pair for imports no use but that', async () => {
    const { key } = await token.pair('rsa-2048', 'import')
    const halves = await halvesOf(token, key)
    const secret = halves.find((half) => half.class === CKO_PRIVATE_KEY)
    expect(secret?.flags).toMatchObject({ unwrap: true, sign: false, derive: false })
    const message = new Uint8Array(32)
    expect(await failureOf(token.hsm.sign({ key, scheme: 'pkcs1-sha256', message }))).toBe(
      'unsupported',
    )
  })

  test('refuses pairs that the token does not make, and goes on', async () => {
    const lacking = PAIR_ALGORITHMS.filter((algorithm) => !token.pairAlgorithms.includes(algorithm))
    expect(lacking.length).toBeGreaterThan(0)
    for (const algorithm of lacking) {
      const request = { key: freshRef(), algorithm, use: 'sign', label: 'test/none' } as const
      expect(await failureOf(token.hsm.generatePair(request))).toBe('unsupported')
      expect(await failureOf(token.hsm.publicKey(request.key))).toBe('key-missing')
    }
  })

  test('refuses a second key or pair of one name, and the first one stays', async () => {
    const made = await token.pair('ec-p256', 'sign')
    const secret = await token.generate('hmac-256')
    const label = 'test/second'
    for (const key of [made.key, secret]) {
      expect(await failureOf(token.hsm.generateKey({ key, kind: 'binding', label }))).toBe('fault')
      const request = { key, algorithm: 'ec-p256', use: 'sign', label } as const
      expect(await failureOf(token.hsm.generatePair(request))).toBe('fault')
    }
    expect(hex(await token.hsm.publicKey(made.key))).toBe(hex(made.spki))
    expect(await halvesOf(token, made.key)).toHaveLength(2)
    expect(await failureOf(token.hsm.publicKey(secret))).toBe('key-missing')
  })

  test('destroys both halves of a pair for good, and takes a second time for done', async () => {
    const made = await token.pair('ec-p256', 'sign')
    const kept = await token.pair('ec-p256', 'sign', { ...made.key, version: 2 })
    await token.hsm.destroyKey(made.key)
    await token.hsm.destroyKey(made.key)
    expect(await halvesOf(token, made.key)).toEqual([])
    const request = { key: made.key, scheme: 'ecdsa', message: new Uint8Array(32) } as const
    expect(await failureOf(token.hsm.sign(request))).toBe('key-missing')
    const signature = new Uint8Array(64)
    expect(await failureOf(token.hsm.verify({ ...request, signature }))).toBe('key-missing')
    expect(await failureOf(token.hsm.publicKey(made.key))).toBe('key-missing')
    expect(hex(await token.hsm.publicKey(kept.key))).toBe(hex(kept.spki))
    // The name is free again, and stands for another pair then.
    const again = await token.pair('ec-p256', 'sign', made.key)
    expect(hex(again.spki)).not.toBe(hex(made.spki))
    await expectSignedBy(token, again)
  })

  test.each(['ec-p256', 'rsa-2048'] as const)('tries to get at a pair: %s', async (algorithm) => {
    const made = await token.pair(algorithm, 'sign')
    const attempts = await token.hsm.attempts(made.key)
    expect(attempts.length).toBeGreaterThanOrEqual(3)
    for (const { attempt, detail } of attempts) expect(`${attempt}|${detail}`).toMatch(/\S\|.*\S/)
    expect(attempts.every(({ refused }) => refused)).toBe(facts.refusesAttempts)
    expect(await halvesOf(token, made.key)).toHaveLength(2)
    expect(hex(await token.hsm.publicKey(made.key))).toBe(hex(made.spki))
  })
}

async function halvesOf(
  token: TokenUnderTest,
  key: MadePair['key'],
): Promise<readonly KeyAttributes[]> {
  return (await token.hsm.inspectKeys()).filter(({ id }) => id === objectId(key))
}

async function expectSignedBy(token: TokenUnderTest, { key, spki }: MadePair): Promise<void> {
  const request = { key, scheme: 'ecdsa', message: new Uint8Array(32).fill(7) } as const
  const signature = await token.hsm.sign(request)
  expect(await token.hsm.verify({ ...request, signature })).toBe(true)
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  expect(publicKey.asymmetricKeyType).toBe('ec')
}
