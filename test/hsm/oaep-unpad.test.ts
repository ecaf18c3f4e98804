import {
  constants,
  createPrivateKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { unpadOaep } from '../../src/hsm/agent/oaep-unpad.js'
import { makeThrowAwayPair } from '../../src/hsm/agent/throw-away-pair.js'
import { describeUnless } from '../support/describe-unless.js'
import { rsaPair } from '../support/rsa-pairs.js'

const VECTORS = fileURLToPath(
  new URL(
    '../../../../shared/vectors/wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json',
    import.meta.url,
  ),
)

describe.each([256, 384, 512])('a throw-away pair of %i bytes', (bytes) => {
  test('has a modulus that no other of its length is above', () => {
    const key = makeThrowAwayPair(bytes)
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(8 * bytes)
    const modulus = Buffer.from(String(key.export({ format: 'jwk' }).n), 'base64url')
    expect(modulus).toHaveLength(bytes)
    expect(modulus.subarray(0, 7).toString('hex')).toBe('ff'.repeat(7))
    // 2^-62 below 2^k: bits 1 to 62 are ones.
    expect(modulus.readUInt8(7)).toBeGreaterThanOrEqual(0xfc)
  })

  test('is another one each time', () => {
    const [one, other] = [makeThrowAwayPair(bytes), makeThrowAwayPair(bytes)]
    expect(one.equals(other)).toBe(false)
  })

  test('takes the padding off that OpenSSL put on, with either hash', () => {
    const { publicKey, privateKey } = rsaPair(8 * bytes)
    for (const hash of ['sha1', 'sha256'] as const) {
      for (const length of [0, 1, 32, bytes - 66]) {
        const text = randomBytes(length)
        const padded = publicEncrypt({ key: publicKey, oaepHash: hash }, text)
        const key = { key: privateKey, padding: constants.RSA_NO_PADDING }
        const block = privateDecrypt(key, padded)
        expect(unpadOaep(block, hash)?.toString('hex')).toBe(text.toString('hex'))
        expect(unpadOaep(block, hash === 'sha1' ? 'sha256' : 'sha1')).toBeUndefined()
      }
    }
  })

  test('finds no text in other blocks, of whatever first byte', () => {
    for (let first = 0; first < 256; first++) {
      const block = randomBytes(bytes)
      block.writeUInt8(first, 0)
      expect(unpadOaep(block, 'sha256')).toBeUndefined()
    }
    for (const byte of [0, 0xff]) {
      expect(unpadOaep(Buffer.alloc(bytes, byte), 'sha256')).toBeUndefined()
    }
  })
})

interface OaepCase {
  readonly tcId: number
  readonly msg: string
  readonly ct: string
  readonly label: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

describeUnless(
  existsSync(VECTORS) ? undefined : 'the Wycheproof vectors are not beside the repository',
  'Wycheproof OAEP with SHA-256',
  () => {
    test('opens what is valid and nothing else', () => {
      // The published file has this form; a case that has not shows up as a failure below.
      const { testGroups } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
        readonly testGroups: readonly {
          readonly privateKeyPkcs8: string
          readonly tests: readonly OaepCase[]
        }[]
      }
      let opened = 0
      for (const { privateKeyPkcs8, tests } of testGroups) {
        const der = Buffer.from(privateKeyPkcs8, 'hex')
        const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
        for (const { tcId, msg, ct, label, result } of tests) {
          const block = rawDecrypt(key, Buffer.from(ct, 'hex'))
          const text = block && unpadOaep(block, 'sha256')
          // A label is no part of the wire contract: what has one must not open without it.
          const valid = result === 'valid' && label === ''
          expect([tcId, text?.toString('hex')]).toEqual([tcId, valid ? msg : undefined])
          if (text) opened++
        }
      }
      expect(opened).toBeGreaterThan(5)
    })
  },
)

/** Raw RSA, as a token does it; nothing where the ciphertext is no number below the modulus. */
function rawDecrypt(key: ReturnType<typeof createPrivateKey>, bytes: Buffer): Buffer | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes)
  } catch {
    return undefined
  }
}
