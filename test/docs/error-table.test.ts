import { expect, test } from '@jest/globals'
import { ERROR_CODES, errorRow } from '../../src/core/errors.js'
import { rowsOf, sectionOf, textOf } from './documents.js'

test('the documented table of errors is that of the program, row by row', () => {
  const documented = rowsOf(sectionOf(textOf('docs/error-handling.md'), '## Codes'))
  const own = ERROR_CODES.map((code) => {
    const { status, text } = errorRow(code)
    return [`\`${code}\``, String(status), text]
  })
  expect(documented).toEqual(own)
})
