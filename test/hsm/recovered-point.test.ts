import { type KeyObject, randomBytes } from 'node:crypto'
import { p256, p384, p521, secp256k1 } from '../../src/packages/noble-curves.js'
import { describe, expect, test } from '@jest/globals'
import { isRecoverable, recoverPoint } from '../../src/hsm/agent/recovered-point.js'
import { freshPair } from '../support/fresh-pair.js'

/** ECDSA over a digest; node:crypto signs texts alone. */
const CURVES = [
  { algorithm: 'ec-p256', namedCurve: 'prime256v1', noble: p256, bytes: 32, digestBytes: 32 },
  { algorithm: 'ec-p384', namedCurve: 'secp384r1', noble: p384, bytes: 48, digestBytes: 48 },
  { algorithm: 'ec-p521', namedCurve: 'secp521r1', noble: p521, bytes: 66, digestBytes: 64 },
  { algorithm: 'secp256k1', namedCurve: 'secp256k1', noble: secp256k1, bytes: 32, digestBytes: 32 },
] as const

describe.each(CURVES)('the public key behind signatures of $algorithm', (curve) => {
  const { algorithm, noble, digestBytes } = curve

  test('is found from two of them, time after time', () => {
    for (let round = 0; round < 8; round++) {
      const { secret, point } = generate(curve)
      const signed = [sign(secret), sign(secret)]
      expect(recoverPoint(algorithm, signed)?.toString('hex')).toBe(point)
    }
  })

  test('is in doubt after one, and none after those of two keys', () => {
    const [one, other] = [generate(curve), generate(curve)]
    expect(recoverPoint(algorithm, [sign(one.secret)])).toBeUndefined()
    expect(recoverPoint(algorithm, [sign(one.secret), sign(other.secret)])).toBeUndefined()
    expect(recoverPoint(algorithm, [])).toBeUndefined()
  })

  test('is not found from what is no signature', () => {
    const { secret } = generate(curve)
    const right = sign(secret)
    for (const signature of [
      new Uint8Array(right.signature.length),
      right.signature.map(() => 0xff),
      right.signature.subarray(0, 2),
    ]) {
      expect(recoverPoint(algorithm, [right, { ...right, signature }])).toBeUndefined()
    }
  })

  function sign(secret: Uint8Array): { digest: Uint8Array; signature: Uint8Array } {
    const digest = randomBytes(digestBytes)
    const signature = noble.sign(digest, secret, { prehash: false, lowS: false })
    return { digest, signature: signature.toBytes('compact') }
  }
})

test('knows the curves whose signatures tell', () => {
  expect((['ec-p256', 'ec-p384', 'ec-p521', 'secp256k1'] as const).every(isRecoverable)).toBe(true)
  expect((['ed25519', 'sm2', 'rsa-2048', 'ml-dsa-44'] as const).some(isRecoverable)).toBe(false)
})

function generate({ namedCurve, bytes }: (typeof CURVES)[number]): {
  readonly secret: Uint8Array
  readonly point: string
} {
  const { privateKey } = freshPair('ec', { namedCurve })
  const { d, x, y } = numbersOf(privateKey)
  const padded = [x, y].map((value) => value.toString('hex').padStart(2 * bytes, '0'))
  return { secret: d, point: `04${padded.join('')}` }
}

function numbersOf(key: KeyObject): { readonly d: Buffer; readonly x: Buffer; readonly y: Buffer } {
  const { d = '', x = '', y = '' } = key.export({ format: 'jwk' })
  const [secret, first, second] = [d, x, y].map((text) => Buffer.from(text, 'base64url'))
  if (!secret || !first || !second) throw new Error('The key has no numbers.')
  return { d: secret, x: first, y: second }
}
