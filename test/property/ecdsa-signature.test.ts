import { describe, expect, test } from '@jest/globals'
import { sign } from 'node:crypto'
import fc from 'fast-check'
import { decodeEcdsaSignature, encodeEcdsaSignature } from '../../src/codec/ecdsa-signature.js'
import { derLength } from '../../src/codec/der-length.js'
import { bytesOf } from '../support/arbitraries.js'
import { freshPair } from '../support/fresh-pair.js'

const orders = fc.constantFrom(32, 48, 66)
/** Halves with leading zeroes and high first bits among them. */
const signatures = orders.chain((order) =>
  fc.tuple(half(order), half(order)).map(([r, s]) => ({ order, plain: Buffer.concat([r, s]) })),
)

function half(order: number): fc.Arbitrary<Buffer> {
  return fc.tuple(bytesOf(order), fc.nat(order)).map(([bytes, zeroes]) => {
    const value = Buffer.from(bytes)
    return value.fill(0, 0, zeroes)
  })
}

test('decoding undoes encoding', () => {
  fc.assert(
    fc.property(signatures, ({ order, plain }) => {
      const decoded = decodeEcdsaSignature(encodeEcdsaSignature(plain), order)
      expect(decoded && Buffer.from(decoded).equals(plain)).toBe(true)
    }),
  )
})

test('there is one encoding of a signature: whatever decodes encodes to the same bytes', () => {
  let decoded = 0
  const edits = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 })
  fc.assert(
    fc.property(
      signatures,
      edits,
      fc.integer({ min: -2, max: 2 }),
      ({ order, plain }, writes, more) => {
        const good = encodeEcdsaSignature(plain)
        const bytes = Buffer.alloc(Math.max(0, good.length + more))
        bytes.set(good.subarray(0, bytes.length))
        for (const [at, value] of writes) if (at < bytes.length) bytes.writeUInt8(value, at)
        const read = decodeEcdsaSignature(bytes, order)
        if (!read) return
        decoded += 1
        expect(Buffer.from(encodeEcdsaSignature(read)).equals(bytes)).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
  expect(decoded).toBeGreaterThan(20)
})

test.each(['P-256', 'P-384', 'P-521', 'secp256k1'])('is the DER of OpenSSL on %s', (namedCurve) => {
  const { privateKey } = freshPair('ec', { namedCurve })
  const order = { 'P-256': 32, 'P-384': 48, 'P-521': 66, secp256k1: 32 }[namedCurve] ?? 0
  for (let round = 0; round < 50; round++) {
    const der = sign('sha256', Buffer.of(round), privateKey)
    const plain = decodeEcdsaSignature(der, order)
    expect(plain).toHaveLength(2 * order)
    expect(Buffer.from(encodeEcdsaSignature(plain ?? der)).equals(der)).toBe(true)
  }
})

describe('refuses', () => {
  test.each([
    ['nothing', ''],
    ['another tag', '3106020101020101'],
    ['a negative integer', '3006020181020101'],
    ['a zero too many', '300702020001020101'],
    ['an empty integer', '30050200020101'],
    ['a long length where a short one does', '308106020101020101'],
    ['bytes behind it', '300602010102010100'],
    ['bytes within it', '300702010102010100'],
    ['an integer longer than the order', `3026022100${'ff'.repeat(32)}02010100`],
    ['an integer that reaches beyond', '3006020401020101'],
    ['an indefinite length', '3080020101020101'],
  ])('%s', (_, hex) => {
    expect(decodeEcdsaSignature(Buffer.from(hex, 'hex'), 1)).toBeUndefined()
  })
})

test('reads the length of a DER sequence', () => {
  const lengths = ['3000', '307f', '308180', '30820101', '3083010000', '308401000000']
  expect(lengths.map((hex) => derLength(Buffer.from(hex, 'hex')))).toEqual([
    2, 129, 131, 261, 65541, 16777222,
  ])
  for (const hex of ['', '30', '3180', '3080', '3085', '3082', '308201', '30ff']) {
    expect(derLength(Buffer.from(hex, 'hex'))).toBeUndefined()
  }
})
