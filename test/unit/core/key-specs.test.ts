import { expect, test } from '@jest/globals'
import {
  KEY_SPECS,
  KEY_USAGES,
  isImportable,
  keySpecRow,
  pairUse,
} from '../../../src/core/key-specs.js'

test('each specification stands in the list once', () => {
  expect(new Set(KEY_SPECS).size).toBe(KEY_SPECS.length)
})

test.each([
  ['AES_256', 'ENCRYPT_DECRYPT'],
  ['RSA_2048', 'SIGN_VERIFY'],
  ['EC_P256', 'SIGN_VERIFY'],
  ['SECP256K1', 'SIGN_VERIFY'],
  ['ED25519', 'SIGN_VERIFY'],
  ['SM2', 'SIGN_VERIFY'],
  ['HMAC_384', 'GENERATE_VERIFY_MAC'],
] as const)('keys of %s are for %s unless their maker says otherwise', (spec, usage) => {
  expect(keySpecRow(spec).usages[0]).toBe(usage)
})

test('no two specifications are the same thing on the token', () => {
  const algorithms = KEY_SPECS.map((spec) => keySpecRow(spec).algorithm)
  expect(new Set(algorithms).size).toBe(KEY_SPECS.length)
})

test('every usage of a pair is a use on the token, and no two usages are the same one', () => {
  for (const spec of KEY_SPECS) {
    const row = keySpecRow(spec)
    if (row.form !== 'pair') continue
    const uses = row.usages.map(pairUse)
    expect(uses).not.toContain(undefined)
    expect(new Set(uses).size).toBe(uses.length)
  }
  expect(KEY_USAGES.filter((usage) => pairUse(usage) === undefined)).toEqual([
    'GENERATE_VERIFY_MAC',
  ])
})

test.each([
  ['AES_256', 'ENCRYPT_DECRYPT', true],
  ['RSA_4096', 'SIGN_VERIFY', true],
  ['RSA_2048', 'ENCRYPT_DECRYPT', true],
  ['EC_P384', 'SIGN_VERIFY', true],
  ['EC_P384', 'KEY_AGREEMENT', false],
  ['ED25519', 'SIGN_VERIFY', false],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', false],
] as const)('%s for %s: imported is %s', (spec, usage, importable) => {
  expect(isImportable(keySpecRow(spec), usage)).toBe(importable)
})
