import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { parseDatakeyLength, parseDigestedDatakey, parseWhole } from '../../../src/core/datakey.js'
import { KmsError } from '../../../src/core/errors.js'

afterEach(() => {
  jest.restoreAllMocks()
})

function digested(dek: Uint8Array): string {
  return Buffer.concat([dek, createHash('sha256').update(dek).digest()]).toString('hex')
}

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof KmsError) return error.message
    throw error
  }
  throw new Error('It was accepted.')
}

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'answered'
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

describe('plain_text', () => {
  test.each([1, 8, 16, 64, 1023, 1024])('of %d bytes is read', (length) => {
    const dek = Buffer.alloc(length, 0x5a)
    expect(parseDigestedDatakey(digested(dek), length)).toEqual(dek)
    expect(parseDigestedDatakey(digested(dek).toUpperCase(), length)).toEqual(dek)
  })

  test('may have white space anywhere', () => {
    const text = digested(Buffer.alloc(16, 0xa5))
    const dek = Buffer.alloc(16, 0xa5)
    expect(parseDigestedDatakey(`${text.slice(0, 32)} ${text.slice(32)}`, 16)).toEqual(dek)
    expect(parseDigestedDatakey(`\t${text.slice(0, 3)}\r\n${text.slice(3)}  `, 16)).toEqual(dek)
  })

  test.each([
    ['an odd number of digits', digested(Buffer.alloc(16)).slice(1)],
    ['a character that is no digit', digested(Buffer.alloc(16)).replace('0', 'g')],
    ['a prefix', `0x${digested(Buffer.alloc(16))}`],
    ['a separator', digested(Buffer.alloc(16)).replace(/^../, '$&:')],
  ])('with %s is no hexadecimal', (_, text) => {
    expect(codeOf(() => parseDigestedDatakey(text, 16))).toBe('KMS.2101')
  })

  test.each([
    ['nothing', ''],
    ['white space only', '  '],
    ['a digest only', digested(Buffer.alloc(16)).slice(32)],
    ['no digest', '00'.repeat(16)],
    ['one byte less', digested(Buffer.alloc(15))],
    ['one byte more', digested(Buffer.alloc(17))],
  ])('of %s does not fit 16 bytes', (_, text) => {
    expect(codeOf(() => parseDigestedDatakey(text, 16))).toBe('KMS.2104')
  })

  test('with any bit changed has a wrong digest', () => {
    const right = Buffer.from(digested(Buffer.alloc(16, 0x3c)), 'hex')
    for (let bit = 0; bit < right.length * 8; bit++) {
      const wrong = Buffer.from(right)
      wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(codeOf(() => parseDigestedDatakey(wrong.toString('hex'), 16))).toBe('KMS.2103')
    }
  })

  test.each([
    ['a wrong digest', '11'.repeat(16 + 32)],
    ['a wrong length', '11'.repeat(17 + 32)],
  ])('leaves no data key in memory after %s', (_, text) => {
    const made = jest.spyOn(Buffer, 'from')
    expect(codeOf(() => parseDigestedDatakey(text, 16))).not.toBe('answered')
    const buffers = made.mock.results.map(({ value }) => value)
    expect(buffers).toContainEqual(Buffer.alloc(text.length / 2))
    expect(buffers).not.toContainEqual(Buffer.alloc(text.length / 2, 0x11))
  })

  test('is never quoted in a message', () => {
    for (const text of ['12'.repeat(48), '12'.repeat(20), 'zz12']) {
      expect(messageOf(() => parseDigestedDatakey(text, 16))).not.toContain('12')
    }
  })
})

describe('a whole number', () => {
  const rule = { field: 'size', min: 1, max: 1024, code: 'KMS.1901' } as const

  test.each([
    ['1', 1],
    ['1024', 1024],
    [1, 1],
    [1024, 1024],
    ['007', 7],
    [1e2, 100],
  ])('%p is %d', (value, number) => {
    expect(parseWhole(value, rule)).toBe(number)
  })

  test.each([
    ['0'],
    ['1025'],
    [0],
    [1025],
    [-1],
    ['-1'],
    ['+1'],
    [''],
    [' '],
    [' 1'],
    ['1 '],
    ['1\n'],
    ['1.0'],
    [1.5],
    ['1e2'],
    ['0x10'],
    ['1_0'],
    ['١'],
    ['１'],
    ['ten'],
    [NaN],
    [Infinity],
    [2 ** 53],
    ['9007199254740993'],
    ['99999999999999999999'],
  ])('%p is not, within 1 to 1024', (value) => {
    expect(codeOf(() => parseWhole(value, rule))).toBe('KMS.1901')
  })

  test('names its field and its range, not its value', () => {
    expect(() => parseWhole('4321', rule)).toThrow(
      'size must be a whole number from 1 to 1024, in decimal digits.',
    )
  })

  test('is exact up to 15 digits', () => {
    const wide = { ...rule, max: Number.MAX_SAFE_INTEGER }
    expect(parseWhole('999999999999999', wide)).toBe(999_999_999_999_999)
    expect(codeOf(() => parseWhole('0000000000000001', wide))).toBe('KMS.1901')
  })

  test('is 1 to 1024 for a data key', () => {
    const field = { field: 'datakey_plain_length', code: 'KMS.2102' } as const
    expect(parseDatakeyLength('1', field)).toBe(1)
    expect(parseDatakeyLength(1024, field)).toBe(1024)
    expect(codeOf(() => parseDatakeyLength('0', field))).toBe('KMS.2102')
    expect(codeOf(() => parseDatakeyLength('1025', field))).toBe('KMS.2102')
  })
})
