import { expect, test } from '@jest/globals'
import { newKeyId, parseKeyId } from '../../../src/core/ids.js'

test('takes a lower-case UUID for a key id', () => {
  expect(parseKeyId('0d0466b0-e727-4d9c-b35d-f84bb474a37f')).toBe(
    '0d0466b0-e727-4d9c-b35d-f84bb474a37f',
  )
})

test.each([
  ['nothing', ''],
  ['capital letters', '0D0466B0-E727-4D9C-B35D-F84BB474A37F'],
  ['one capital letter', '0D0466b0-e727-4d9c-b35d-f84bb474a37f'],
  ['no dashes', '0d0466b0e7274d9cb35df84bb474a37f'],
  ['a letter beyond f', '0d0466b0-e727-4d9c-b35d-f84bb474a37g'],
  ['a new line at the end', '0d0466b0-e727-4d9c-b35d-f84bb474a37f\n'],
  ['a blank in front', ' 0d0466b0-e727-4d9c-b35d-f84bb474a37f'],
  ['braces', '{0d0466b0-e727-4d9c-b35d-f84bb474a37f}'],
])('takes %s for no key id', (_, text) => {
  expect(parseKeyId(text)).toBeUndefined()
})

test('makes key ids that are well formed and differ', () => {
  const made = Array.from({ length: 100 }, newKeyId)
  expect(new Set(made).size).toBe(100)
  expect(made.map(parseKeyId)).toEqual(made)
})
