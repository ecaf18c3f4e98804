import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { parseDigestedDatakey, parseWhole } from '../../src/core/datakey.js'
import { KmsError } from '../../src/core/errors.js'
import { datakeys } from '../support/arbitraries.js'

const PLAIN_TEXT_CODES = ['KMS.2101', 'KMS.2103', 'KMS.2104']

test('a digested data key is read, wherever there is white space', () => {
  fc.assert(
    fc.property(datakeys(), fc.array(fc.nat(2200), { maxLength: 5 }), (dek, blanks) => {
      const text = blanks.reduce(
        (digits, at) => `${digits.slice(0, at)} ${digits.slice(at)}`,
        digested(dek),
      )
      expect(Buffer.compare(parseDigestedDatakey(text, dek.length), dek)).toBe(0)
    }),
  )
})

test('any other text or length is refused with a code of its own', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), datakeys().map(digested))
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 1024 }), (text, length) => {
      try {
        const dek = parseDigestedDatakey(text, length)
        expect(dek).toHaveLength(length)
        expect(digested(dek)).toBe(text)
      } catch (error) {
        if (!(error instanceof KmsError)) throw error
        expect(PLAIN_TEXT_CODES).toContain(error.code)
      }
    }),
    { numRuns: 300 },
  )
})

test('a whole number is what its digits say, or is refused', () => {
  const rule = { field: 'size', min: 3, max: 5000, code: 'KMS.0308' } as const
  const values = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer({ min: -10, max: 6000 }),
    fc.integer({ min: -10, max: 6000 }).map(String),
  )
  fc.assert(
    fc.property(values, (value) => {
      const plain = typeof value === 'number' || /^\d+$/.test(value)
      const within = plain && Number.isInteger(Number(value)) && Number(value) >= 3
      try {
        expect(parseWhole(value, rule)).toBe(Number(value))
        expect(within && Number(value) <= 5000).toBe(true)
      } catch (error) {
        if (!(error instanceof KmsError)) throw error
        expect(error.code).toBe('KMS.0308')
        expect(within && Number(value) <= 5000).toBe(false)
      }
    }),
    { numRuns: 1000 },
  )
})

function digested(dek: Uint8Array): string {
  return Buffer.concat([dek, createHash('sha256').update(dek).digest()]).toString('hex')
}
