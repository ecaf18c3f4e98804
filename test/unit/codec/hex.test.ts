import { expect, test } from '@jest/globals'
import { decodeHex, encodeHex } from '../../../src/codec/hex.js'

test('decodes either case', () => {
  expect(decodeHex('00ffA5a5')).toEqual(Buffer.of(0x00, 0xff, 0xa5, 0xa5))
  expect(decodeHex('')).toEqual(Buffer.alloc(0))
})

test.each([
  ['one digit', 'a'],
  ['an odd number of digits', 'abc'],
  ['a blank', 'ab cd'],
  ['a new line at the end', 'ab\n'],
  ['a letter beyond f', 'abcg'],
  ['a prefix', '0xab'],
  ['a wide digit', '１１'],
  ['a sign', '-1'],
])('takes %s for no hexadecimal', (_, text) => {
  expect(decodeHex(text)).toBeUndefined()
})

test('encodes in upper case', () => {
  expect(encodeHex(Uint8Array.of(0x00, 0x0f, 0xab, 0xff))).toBe('000FABFF')
  expect(encodeHex(new Uint8Array(0))).toBe('')
})

test('encodes the bytes of a view and no others', () => {
  const whole = Uint8Array.of(1, 2, 3, 4)
  expect(encodeHex(whole.subarray(1, 3))).toBe('0203')
})
