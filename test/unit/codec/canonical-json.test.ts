import { expect, test } from '@jest/globals'
import { canonicalMap } from '../../../src/codec/canonical-json.js'

test('writes members sorted and without white space', () => {
  expect(canonicalMap({ b: '2', a: '1', ab: '3' })).toBe('{"a":"1","ab":"3","b":"2"}')
  expect(canonicalMap({})).toBe('{}')
})

test('sorts names that look like numbers as texts', () => {
  expect(canonicalMap({ '10': 'x', '9': 'y', '': 'z' })).toBe('{"":"z","10":"x","9":"y"}')
})

test('sorts capital letters before small ones', () => {
  expect(canonicalMap({ a: '1', B: '2' })).toBe('{"B":"2","a":"1"}')
})

test('keeps a member that is named __proto__', () => {
  const map = Object.fromEntries([['__proto__', 'kept']])
  expect(canonicalMap(map)).toBe('{"__proto__":"kept"}')
})
