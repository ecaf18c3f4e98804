import { expect, test } from '@jest/globals'
import { ERROR_CODES, KmsError, errorRow } from '../../../src/core/errors.js'

test.each(ERROR_CODES)('%s has the status of an error and a sentence', (code) => {
  const { status, text } = errorRow(code)
  expect(Number.isInteger(status)).toBe(true)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(600)
  expect(text).toMatch(/^[A-Z].*\.$/)
})

test('no two errors have one text', () => {
  expect(new Set(ERROR_CODES.map((code) => errorRow(code).text)).size).toBe(ERROR_CODES.length)
})

test('codes are of the two families, ascending, without repetition', () => {
  for (const family of ['KMS', 'APIGW']) {
    const codes = ERROR_CODES.filter((code) => code.startsWith(`${family}.`))
    expect(codes.length).toBeGreaterThan(0)
    expect(codes).toEqual([...new Set(codes)].sort())
  }
  for (const code of ERROR_CODES) expect(code).toMatch(/^(KMS|APIGW)\.\d{4}$/)
})

test('only two errors are faults of the service', () => {
  const faults = ERROR_CODES.filter((code) => errorRow(code).status >= 500)
  expect(faults).toEqual(['KMS.0101', 'KMS.0104'])
})

test('an error without a sentence of its own has that of the table', () => {
  const error = new KmsError('KMS.0207')
  expect(error.message).toBe(errorRow('KMS.0207').text)
  expect(error.status).toBe(404)
  expect(error.name).toBe('KmsError')
  expect(error).toBeInstanceOf(Error)
})

test('an error keeps its sentence and its cause', () => {
  const cause = new Error('deeper')
  const error = new KmsError('KMS.2201', 'Mend it.', { cause })
  expect(error.message).toBe('Mend it.')
  expect(error.cause).toBe(cause)
  expect(error.code).toBe('KMS.2201')
})
