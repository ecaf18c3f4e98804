import { type KeyObject, diffieHellman } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { PairAlgorithm } from '../../src/core/hsm-pairs.js'
import { freshPair } from '../support/fresh-pair.js'
import { type TokenUnderTest, changed, failureOf, freshRef, hex } from './token-under-test.js'

/** Curves by their names in node:crypto, and the length of a coordinate. */
const CURVES: readonly (readonly [PairAlgorithm, string, number])[] = [
  ['ec-p256', 'P-256', 32],
  ['ec-p384', 'P-384', 48],
  ['ec-p521', 'P-521', 66],
  ['secp256k1', 'secp256k1', 32],
]

/** ECDH with the private halves of pairs. */
export function hsmAgreementContract(token: TokenUnderTest): void {
  test('agrees on what the other side agrees on, on every curve', async () => {
    for (const [algorithm, namedCurve, bytes] of curvesOf(token)) {
      const { key, publicKey } = await token.pair(algorithm, 'agree')
      const peer = freshPair('ec', { namedCurve })
      const shared = await token.hsm.agree({ key, point: pointOf(peer.publicKey, bytes) })
      expect(shared).toHaveLength(bytes)
      expect(hex(shared)).toBe(hex(diffieHellman({ privateKey: peer.privateKey, publicKey })))
    }
    expect(curvesOf(token).length).toBeGreaterThan(0)
  })

  test('keeps the leading zeroes of the shared coordinate', async () => {
    const { key, publicKey } = await token.pair('ec-p256', 'agree')
    // One peer in 256 meets a coordinate that begins with a zero.
    for (;;) {
      const peer = freshPair('ec', { namedCurve: 'P-256' })
      const expected = diffieHellman({ privateKey: peer.privateKey, publicKey })
      if (expected[0] !== 0) continue
      const shared = await token.hsm.agree({ key, point: pointOf(peer.publicKey, 32) })
      expect(hex(shared)).toBe(hex(expected))
      return
    }
  })

  test('refuses what is no point, and goes on', async () => {
    const { key, publicKey } = await token.pair('ec-p256', 'agree')
    const peer = freshPair('ec', { namedCurve: 'P-256' })
    const point = pointOf(peer.publicKey, 32)
    const wrong = [
      ...changed(point).filter(({ length }) => length !== point.length),
      // A compressed point, and one of another curve.
      Uint8Array.of(2, ...point.subarray(1, 33)),
      pointOf(freshPair('ec', { namedCurve: 'P-384' }).publicKey, 48),
    ]
    for (const bytes of wrong) {
      expect(await failureOf(token.hsm.agree({ key, point: bytes }))).toBe('unsupported')
    }
    const shared = await token.hsm.agree({ key, point })
    expect(hex(shared)).toBe(hex(diffieHellman({ privateKey: peer.privateKey, publicKey })))
  })

  test('leaves nothing on the token', async () => {
    const { key } = await token.pair('ec-p256', 'agree')
    const before = await token.hsm.inspectKeys()
    const peer = freshPair('ec', { namedCurve: 'P-256' })
    await token.hsm.agree({ key, point: pointOf(peer.publicKey, 32) })
    expect(await token.hsm.inspectKeys()).toHaveLength(before.length)
  })

  test('agrees with pairs made for that alone', async () => {
    const peer = freshPair('ec', { namedCurve: 'P-256' })
    const point = pointOf(peer.publicKey, 32)
    const agreeing = await token.pair('ec-p256', 'agree')
    const signing = await token.pair('ec-p256', 'sign')
    const rsa = await token.pair('rsa-2048', 'decrypt')
    for (const { key } of [signing, rsa]) {
      expect(await failureOf(token.hsm.agree({ key, point }))).toBe('unsupported')
    }
    const message = new Uint8Array(32)
    const sign = token.hsm.sign({ key: agreeing.key, scheme: 'ecdsa', message })
    expect(await failureOf(sign)).toBe('unsupported')
    const secret = await token.generate('wrapping')
    expect(await failureOf(token.hsm.agree({ key: freshRef(), point }))).toBe('key-missing')
    expect(['unsupported', 'key-missing']).toContain(
      await failureOf(token.hsm.agree({ key: secret, point })),
    )
  })
}

function curvesOf(token: TokenUnderTest): typeof CURVES {
  return CURVES.filter(([algorithm]) => token.pairAlgorithms.includes(algorithm))
}

/** 04 ‖ x ‖ y: the end of a SubjectPublicKeyInfo of an EC key. */
function pointOf(key: KeyObject, bytes: number): Uint8Array {
  const spki = key.export({ format: 'der', type: 'spki' })
  return Uint8Array.from(spki.subarray(spki.length - 1 - 2 * bytes))
}
