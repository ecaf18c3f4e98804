import { expect, test } from '@jest/globals'
import { parseBits } from '../../../src/core/bits.js'
import { KmsError } from '../../../src/core/errors.js'

const RULE = { field: 'random_data_length', range: 'KMS.1801', whole: 'KMS.1802' } as const

function outcome(value: string | number): number | string {
  try {
    return parseBits(value, RULE)
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

test.each([
  ['8', 1],
  [8, 1],
  ['512', 64],
  [4096, 512],
  ['8192', 1024],
])('%p bits are %d bytes', (value, bytes) => {
  expect(outcome(value)).toBe(bytes)
})

test.each([['0'], ['7'], [0], [-8], ['8193'], ['8200'], [''], ['eight'], [8.5], ['1e3']])(
  '%p is out of range',
  (value) => {
    expect(outcome(value)).toBe('KMS.1801')
  },
)

test.each([['9'], [15], ['511'], [8191]])('%p is no whole number of bytes', (value) => {
  expect(outcome(value)).toBe('KMS.1802')
})

test('names the field', () => {
  expect(() => parseBits('9', RULE)).toThrow('random_data_length')
  expect(() => parseBits('x', RULE)).toThrow('random_data_length')
})
