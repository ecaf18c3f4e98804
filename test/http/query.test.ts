import { describe, expect, test } from '@jest/globals'
import { KmsError } from '../../src/core/errors.js'
import { parseQuery } from '../../src/http/parse-query.js'

describe('what stands behind the question mark', () => {
  test.each([
    ['/aliases', {}],
    ['/aliases?', {}],
    ['/aliases?limit=10&key_id=abc', { limit: '10', key_id: 'abc' }],
    ['/aliases?limit=&marker=', {}],
    ['/aliases?name=a%2Fb+c%20d', { name: 'a/b c d' }],
    ['/aliases?marker=x?y', { marker: 'x?y' }],
    ['/aliases?%', { '%': undefined }],
  ])('%s', (url, expected) => {
    expect({ ...parseQuery(url) }).toEqual(expected)
  })

  test('a parameter that is given twice is refused', () => {
    expect(() => parseQuery('/aliases?limit=1&limit=2')).toThrow(KmsError)
  })

  test('a parameter cannot reach the prototype', () => {
    const query = parseQuery('/aliases?__proto__=x&constructor=y')
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype)
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor'])
  })
})
