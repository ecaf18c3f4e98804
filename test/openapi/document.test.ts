import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApiDocument } from '../../src/openapi/document.js'
import { operations } from '../../src/operations/index.js'
import { errorsOf } from '../../src/operations/operation.js'

interface PathItem {
  readonly operationId: string
  readonly security: readonly unknown[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

const document = openApiDocument({ operations, version: '1.2.3' })
const paths = document['paths'] as unknown as Record<string, Record<string, PathItem>>

test('is valid OpenAPI 3.1 to a validator of third parties', async () => {
  const validator = new Validator()
  const result = await validator.validate(
    JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
  )
  expect(result).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test.each(operations.map((operation) => [operation.name, operation] as const))(
  'describes %s',
  (name, operation) => {
    const item = paths[operation.path]?.[operation.method.toLowerCase()]
    expect(item?.operationId).toBe(name)
    expect(item?.security).toHaveLength(operation.access === 'project' ? 2 : 0)
    const inPath = item?.parameters.filter((parameter) => parameter.in === 'path')
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    expect(inPath?.map((parameter) => parameter.name)).toEqual(names)
    const responses = Object.values(item?.responses ?? {}).map(({ description }) => description)
    for (const code of errorsOf(operation)) {
      expect(responses.filter((text) => text.includes(code))).toHaveLength(1)
    }
    expect(item?.responses[String(operation.status)]).toBeDefined()
  },
)

test.each(operations.map((operation) => [operation.name, operation] as const))(
  'gives examples of %s that fit its schemas',
  (_name, { request, response, example }) => {
    const ajv = new Ajv2020({ allowUnionTypes: true })
    ajv.addVocabulary(['x-error-code', 'x-expected'])
    expect([ajv.validate(response, example.response), ajv.errors]).toEqual([true, null])
    if (!request.body) return
    expect([ajv.validate(request.body, example.request), ajv.errors]).toEqual([true, null])
  },
)

test('holds every operation once', () => {
  const ids = Object.values(paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  )
  expect(ids.sort()).toEqual(operations.map(({ name }) => name).sort())
})
