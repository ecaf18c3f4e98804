import { expect, test } from '@jest/globals'
import { canonicalMap } from '../../src/codec/canonical-json.js'

test('sorts as RFC 8785 section 3.2.3 shows', () => {
  const map = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  const values = [...canonicalMap(map).matchAll(/:"([^"]*)"/g)].map(([, value]) => value)
  expect(values).toEqual([
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
})

test('writes strings as RFC 8785 section 3.2.2 shows', () => {
  // The published bytes of the member "string" of the sample.
  const published =
    '7b 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d'
  const form = canonicalMap({ string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/' })
  expect(Buffer.from(form, 'utf8').toString('hex')).toBe(published.replaceAll(' ', ''))
})
