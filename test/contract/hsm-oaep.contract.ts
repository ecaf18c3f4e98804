import { type KeyObject, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { encryptOaep } from './foreign-material.js'
import {
  type TokenUnderTest,
  changed,
  failureOf,
  flipped,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

const SLOW_TEST_MS = 120_000
const HASH_BYTES = { sha1: 20, sha256: 32 } as const

/** RSA OAEP under public keys that anyone may have. */
export function hsmOaepContract(token: TokenUnderTest): void {
  test(
    'decrypts what node:crypto encrypted, with every size and hash that the token has',
    async () => {
      for (const algorithm of token.pairAlgorithms.filter((one) => one.startsWith('rsa-'))) {
        const { key, publicKey } = await token.pair(algorithm, 'decrypt')
        for (const hash of token.hsm.limits.oaepHashes) {
          // RFC 8017 section 7.1.1.
          const longest = Number(algorithm.slice(4)) / 8 - 2 * HASH_BYTES[hash] - 2
          for (const length of [1, 16, 32, longest]) {
            const ciphertext = encryptOaep(publicKey, hash, patterned(length))
            const text = await token.hsm.decryptOaep({ key, hash, ciphertext })
            expect(hex(text)).toBe(hex(patterned(length)))
          }
        }
      }
    },
    SLOW_TEST_MS,
  )

  test('answers every ciphertext that does not open alike', async () => {
    const { key, publicKey } = await token.pair('rsa-2048', 'decrypt')
    const other = await token.pair('rsa-2048', 'decrypt')
    const modulus = modulusOf(publicKey)
    for (const hash of token.hsm.limits.oaepHashes) {
      const right = encryptOaep(publicKey, hash, patterned(32))
      const wrong = [
        ...changed(right),
        ...[1, 17, 100, 200].map((at) => flipped(right, at)),
        encryptOaep(other.publicKey, hash, patterned(32)),
        encryptOaep(publicKey, hash === 'sha1' ? 'sha256' : 'sha1', patterned(32)),
        Buffer.concat([Buffer.alloc(1), right]),
        Buffer.alloc(256),
        Buffer.alloc(256, 0xff),
        Buffer.concat([Buffer.alloc(255), Buffer.of(1)]),
        // The modulus, and one more and one less: a text of n - 1 decrypts to itself.
        ...[-1n, 0n, 1n].map((more) => Buffer.from((modulus + more).toString(16), 'hex')),
        Buffer.from(right.subarray(0, 8)),
        randomBytes(4096),
      ]
      const seen = new Set<string>()
      for (const ciphertext of wrong) {
        const error: unknown = await token.hsm
          .decryptOaep({ key, hash, ciphertext: Uint8Array.from(ciphertext) })
          .then(
            () => 'opened',
            (reason: unknown) => reason,
          )
        seen.add(JSON.stringify(error, ['failure', 'message', 'name']))
      }
      expect([...seen]).toHaveLength(1)
      expect([...seen].join()).toContain('not-authentic')
      expect(hex(await token.hsm.decryptOaep({ key, hash, ciphertext: right }))).toBe(
        hex(patterned(32)),
      )
    }
  })

  test('decrypts with pairs for that alone', async () => {
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    for (const use of ['sign', 'import'] as const) {
      const { key, publicKey } = await token.pair('rsa-2048', use)
      const ciphertext = encryptOaep(publicKey, hash, patterned(16))
      expect(await failureOf(token.hsm.decryptOaep({ key, hash, ciphertext }))).toBe('unsupported')
    }
    const { key } = await token.pair('ec-p256', 'sign')
    const ciphertext = randomBytes(256)
    expect(await failureOf(token.hsm.decryptOaep({ key, hash, ciphertext }))).toBe('unsupported')
    expect(await failureOf(token.hsm.decryptOaep({ key: freshRef(), hash, ciphertext }))).toBe(
      'key-missing',
    )
  })
}

function modulusOf(publicKey: KeyObject): bigint {
  const bytes = Buffer.from(String(publicKey.export({ format: 'jwk' }).n), 'base64url')
  return BigInt(`0x${bytes.toString('hex')}`)
}
