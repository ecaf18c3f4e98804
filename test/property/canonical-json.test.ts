import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalMap } from '../../src/codec/canonical-json.js'
import { textMaps, texts } from '../support/arbitraries.js'

/** Short escapes of RFC 8785 section 3.2.2.2. */
const SHORT = new Map([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
])

/** RFC 8785 written down once more, by its own words and without JSON.stringify or sort. */
function reference(map: Readonly<Record<string, string>>): string {
  const left = new Map(Object.entries(map))
  const members: string[] = []
  while (left.size > 0) {
    const first = [...left.keys()].reduce((least, name) => (precedes(name, least) ? name : least))
    members.push(`${quoted(first)}:${quoted(left.get(first) ?? '')}`)
    left.delete(first)
  }
  return `{${members.join(',')}}`
}

function precedes(one: string, other: string): boolean {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one.charCodeAt(at) !== other.charCodeAt(at))
      return one.charCodeAt(at) < other.charCodeAt(at)
  }
  return one.length < other.length
}

function quoted(text: string): string {
  let result = '"'
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const hex = unit.toString(16).padStart(4, '0')
    result += SHORT.get(unit) ?? (unit < 0x20 ? `\\u${hex}` : text.charAt(at))
  }
  return `${result}"`
}

test('agrees with a second reading of RFC 8785', () => {
  fc.assert(
    fc.property(textMaps(), (map) => expect(canonicalMap(map)).toBe(reference(map))),
    { numRuns: 500 },
  )
})

test('is the same in whichever order the members came', () => {
  const shuffled = textMaps().chain((map) =>
    fc
      .shuffledSubarray(Object.entries(map), { minLength: Object.keys(map).length })
      .map((members) => [map, Object.fromEntries(members)] as const),
  )
  fc.assert(
    fc.property(shuffled, ([one, other]) => expect(canonicalMap(other)).toBe(canonicalMap(one))),
  )
})

test('reads back as the map, so that no two maps have one form', () => {
  fc.assert(
    fc.property(textMaps(), (map) => expect(JSON.parse(canonicalMap(map))).toEqual(map)),
    { numRuns: 300 },
  )
})

test('tells names and values apart wherever the quotes fall', () => {
  fc.assert(
    fc.property(texts(4), texts(4), (name, value) => {
      fc.pre(name !== value)
      expect(canonicalMap({ [name]: value })).not.toBe(canonicalMap({ [value]: name }))
    }),
  )
})
