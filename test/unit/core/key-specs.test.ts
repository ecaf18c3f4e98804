import { expect, test } from '@jest/globals'
import { KEY_SPECS, keySpecRow } from '../../../src/core/key-specs.js'

test('AES_256 is a wrapping key for encryption', () => {
  expect(keySpecRow('AES_256')).toEqual({ kind: 'wrapping', usages: ['ENCRYPT_DECRYPT'] })
})

test('what can be made is part of the wire contract, and has a default usage', () => {
  expect(new Set(KEY_SPECS).size).toBe(KEY_SPECS.length)
  const made = KEY_SPECS.map(keySpecRow).filter((row) => row !== undefined)
  for (const row of made) expect(row.usages.length).toBeGreaterThanOrEqual(1)
})
