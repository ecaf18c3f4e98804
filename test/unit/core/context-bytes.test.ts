import { describe, expect, test } from '@jest/globals'
import { contextBytes } from '../../../src/core/context-bytes.js'
import { KmsError } from '../../../src/core/errors.js'

function bytes(map: unknown, text?: string): string {
  return Buffer.from(contextBytes({ map, text })).toString('latin1')
}

function refusal(map: unknown, text?: string): KmsError | undefined {
  try {
    contextBytes({ map, text })
    return undefined
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}

function codeOf(map: unknown, text?: string): string {
  return refusal(map, text)?.code ?? 'answered'
}

/** A map whose canonical form `{"n":"…"}` has `length` characters. */
function mapOfCharacters(length: number, character = 'x'): Record<string, string> {
  return { n: character.repeat((length - '{"n":""}'.length) / character.length) }
}

describe('the form of a context', () => {
  test.each([
    ['absent', undefined, undefined],
    ['an empty map', {}, undefined],
    ['an empty text', undefined, ''],
    ['both empty', {}, ''],
  ])('%s is one zero byte', (_, map, text) => {
    expect(bytes(map, text)).toBe('\x00')
  })

  test('a map is 01 and its canonical form', () => {
    expect(bytes({ b: '2', a: '1' })).toBe('\x01{"a":"1","b":"2"}')
    expect(bytes({ a: '1', b: '2' }, '')).toBe('\x01{"a":"1","b":"2"}')
  })

  test('a text is 02 and its UTF-8 bytes', () => {
    expect(bytes(undefined, 'aé')).toBe('\x02a\xc3\xa9')
    expect(bytes({}, 'aé')).toBe('\x02a\xc3\xa9')
  })

  test('both are 03, the length of the map little-endian, the map and the text', () => {
    expect(bytes({ a: 'é' }, 'z')).toBe('\x03\x0a\x00\x00\x00{"a":"\xc3\xa9"}z')
    const { n } = mapOfCharacters(300)
    expect(bytes({ n }, 'z').slice(0, 5)).toBe('\x03\x2c\x01\x00\x00')
  })

  test('a map may hold empty names and values', () => {
    expect(bytes({ '': '' })).toBe('\x01{"":""}')
  })

  test('a name that JavaScript treats in a way of its own counts', () => {
    const map: unknown = JSON.parse('{"__proto__":"a","constructor":"b"}')
    expect(bytes(map)).toBe('\x01{"__proto__":"a","constructor":"b"}')
  })
})

describe('encryption_context is refused', () => {
  test.each([
    ['null', null],
    ['a text', 'a'],
    ['a number', 1],
    ['a truth value', true],
    ['a list', []],
    ['a list of texts', ['a']],
    ['a nested map', { a: { b: 'c' } }],
    ['a nested list', { a: ['b'] }],
    ['a number within', { a: 1 }],
    ['a truth value within', { a: false }],
    ['null within', { a: null }],
    ['undefined within', { a: undefined }],
    ['one value of many', { a: '1', b: '2', c: 3 }],
    ['a lone high surrogate in a value', { a: '\ud83d' }],
    ['a lone low surrogate in a value', { a: 'x\ude00x' }],
    ['a lone surrogate in a name', { '\ud83d': 'a' }],
    ['surrogates in the wrong order', { a: '\ude00\ud83d' }],
  ])('as %s', (_, map) => {
    expect(codeOf(map)).toBe('KMS.0208')
    expect(codeOf(map, 'text')).toBe('KMS.0208')
  })

  test('from 8193 characters of its canonical form', () => {
    expect(codeOf(mapOfCharacters(8192))).toBe('answered')
    expect(codeOf(mapOfCharacters(8193))).toBe('KMS.0208')
    // What is escaped counts as it is written: \u0001 has six characters, é has one, for two bytes.
    expect(codeOf({ n: '\u0001'.repeat(1364) })).toBe('answered')
    expect(codeOf({ n: '\u0001'.repeat(1365) })).toBe('KMS.0208')
    expect(codeOf(mapOfCharacters(8192, 'é'))).toBe('answered')
  })

  test('and a well-formed pair of surrogates is not', () => {
    expect(codeOf({ '\u{1f600}': '\u{1f600}' })).toBe('answered')
  })
})

describe('additional_authenticated_data is refused', () => {
  test('from 129 bytes of UTF-8', () => {
    expect(codeOf(undefined, 'x'.repeat(128))).toBe('answered')
    expect(codeOf(undefined, 'x'.repeat(129))).toBe('KMS.0308')
    expect(codeOf(undefined, 'é'.repeat(64))).toBe('answered')
    expect(codeOf(undefined, 'é'.repeat(64) + 'x')).toBe('KMS.0308')
    expect(codeOf(undefined, '\u{1f600}'.repeat(32))).toBe('answered')
    expect(codeOf(undefined, '\u{1f600}'.repeat(33))).toBe('KMS.0308')
  })

  test('with a lone surrogate', () => {
    expect(codeOf(undefined, '\ud83d')).toBe('KMS.0308')
    expect(codeOf({ a: 'b' }, '\ude00')).toBe('KMS.0308')
  })
})

test.each([
  ['a name', { secretive: 1 }, undefined],
  ['a value', { a: 'secretive', b: 1 }, undefined],
  ['a long map', { a: 'secretive'.repeat(1000) }, undefined],
  ['a long text', undefined, 'secretive'.repeat(20)],
])('no message quotes %s', (_, map, text) => {
  const refused = refusal(map, text)
  expect(refused?.message).toMatch(/^(encryption_context|additional_authenticated_data) must/)
  expect(refused?.message).not.toContain('secretive')
})
