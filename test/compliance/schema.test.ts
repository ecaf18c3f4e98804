import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import { renderJson } from '../../src/compliance/render-json.js'
import { renderSchema } from '../../src/compliance/report-schema.js'
import { HOSTILE } from './hostile.js'
import { healthy } from './made-up.js'
import { HEAD, reportOf, reportWith } from './sample-report.js'

/** The schema as whoever gets the files reads it. */
const SCHEMA = JSON.parse(renderSchema()) as AnySchemaObject
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(SCHEMA)

function documentOf(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}

const SAMPLE = renderJson(reportWith('x', 7), HEAD)

test('is a schema of the draft that it names', () => {
  expect(SCHEMA.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(new Ajv2020().validateSchema(SCHEMA)).toBe(true)
})

test.each([
  ['a run that passes', renderJson(reportOf(healthy()), HEAD)],
  ['a service without a key', renderJson(reportOf(healthy([])), HEAD)],
  ['every kind of verdict and figure', SAMPLE],
  ['a hostile token', renderJson(reportWith(HOSTILE.join(''), 7), HEAD)],
])('fits the report of %s', (_name, text) => {
  expect([validate(documentOf(text)), validate.errors]).toEqual([true, null])
})

test('fits no report that lacks a member, has one more, or has another type of value', () => {
  const document = documentOf(SAMPLE)
  for (const name of Object.keys(document)) {
    const { [name]: value, ...rest } = document
    expect([name, validate(rest)]).toEqual([name, false])
    expect([name, validate({ ...rest, [name]: [value] })]).toEqual([name, false])
  }
  expect(validate({ ...document, more: 1 })).toBe(false)
  const [check] = document['checks'] as readonly Record<string, unknown>[]
  for (const name of Object.keys(check ?? {})) {
    const { [name]: value, ...rest } = check ?? {}
    expect([name, validate({ ...document, checks: [rest] })]).toEqual([name, false])
    const wrong = { ...rest, [name]: { value } }
    expect([name, validate({ ...document, checks: [wrong] })]).toEqual([name, false])
  }
  expect(validate(document)).toBe(true)
})
