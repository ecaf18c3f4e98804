import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type ErrorCode, errorRow } from '../../src/core/errors.js'
import { operations } from '../../src/operations/index.js'
import { type AnyOperation, errorsOf } from '../../src/operations/operation.js'
import { LACKS_WRAPPED_PAIRS, lackOfWrappedPairs } from '../conformance/api/lack-of-case.js'
import { expectError } from './expect-error.js'
import { sampleBody } from './sample-body.js'
import { OTHER_PROJECT, PROJECT, type TestApp, startApp } from './start-app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

/** Values that are right for few fields. Null is not among them: it counts as absent. */
const MISTYPED: readonly unknown[] = [true, [], ['x'], [{}], { nested: { deep: 1 } }, 1.5]

/** Operations that answer a documented error to every good request, and which. */
const REFUSED: Readonly<Record<string, ErrorCode>> = {
  ReplicateKey: 'KMS.3801',
  ...Object.fromEntries(
    operations
      .filter(({ name }) => lackOfWrappedPairs(name) !== undefined)
      .map(({ name }) => [name, LACKS_WRAPPED_PAIRS]),
  ),
}

const withBody = operations.filter((operation) => operation.request.body !== undefined)

describe.each(withBody.map((operation) => [operation.name, operation] as const))(
  '%s',
  (name, operation) => {
    const { properties = {}, required = [] } = operation.request.body ?? {}
    const own = Object.entries(properties as Record<string, { 'x-error-code'?: ErrorCode }>)

    test('accepts its published example and answers as its schema says', async () => {
      const reply = await app.call(name, await sampleBody(app, operation))
      const refusal = REFUSED[name]
      if (refusal !== undefined) {
        expectError(reply, refusal)
        return
      }
      expect([reply.status, reply.text]).toEqual([operation.status, expect.any(String)])
      if (operation.status === 204) {
        expect([reply.text, reply.headers['content-type']]).toEqual(['', undefined])
        return
      }
      expect(reply.headers['content-type']).toBe('application/json')
      expect(faultsOf(operation, JSON.parse(reply.text))).toEqual([])
    })

    test('takes members that it does not know', async () => {
      const body = await sampleBody(app, operation)
      const reply = await app.call(name, { ...body, unknown_member: { a: [1] }, toString: 'x' })
      expect(reply.status).toBe(statusOf(operation))
    })

    test('takes null for absent', async () => {
      const body = await sampleBody(app, operation)
      const absent = own.filter(([field]) => !(field in body)).map(([field]) => [field, null])
      const reply = await app.call(name, { ...body, ...Object.fromEntries(absent) })
      expect(reply.status).toBe(statusOf(operation))
    })

    test('needs its mandatory fields', async () => {
      const body = await sampleBody(app, operation)
      for (const field of required) {
        for (const absent of [undefined, null]) {
          const reply = await app.call(name, { ...body, [field]: absent })
          expect(expectError(reply, 'KMS.0204')).toBe(`${field} is missing.`)
        }
      }
    })

    test.each(own)('refuses %s of another type', async (field, schema) => {
      const body = await sampleBody(app, operation)
      for (const value of MISTYPED.filter((one) => !takes(schema, one))) {
        const reply = await app.call(name, { ...body, [field]: value })
        const sentence = expectError(reply, schema['x-error-code'] ?? 'KMS.0308')
        expect(sentence).toContain(`${field} must be `)
        expect(errorsOf(operation)).toContain(reply.json['error_code'])
      }
    })

    test.each(own)('refuses a huge %s', async (field) => {
      const body = await sampleBody(app, operation)
      const reply = await app.call(name, { ...body, [field]: 'Aa'.repeat(200_000) })
      if (name === 'EncryptDatakey' && field === 'plain_text') expectError(reply, 'KMS.2104')
      expect(reply.status).toBe(400)
      expect(errorsOf(operation)).toContain(reply.json['error_code'])
      expect(reply.text.length).toBeLessThan(1000)
    })

    test('refuses a body that is empty or no JSON object', async () => {
      const path = operation.path.replace('{project_id}', PROJECT)
      for (const body of ['', '[]', 'null', '"x"', '1', '{"a":', '{"a":1}{}', '\u0000']) {
        expectError(await app.sendSigned(operation.method, path, body), 'KMS.0202')
      }
    })
  },
)

const ofProject = operations.filter((operation) => operation.access === 'project')

describe.each(ofProject.map((operation) => [operation.name, operation] as const))(
  '%s',
  (name, operation) => {
    test('refuses an unsigned request', async () => {
      const path = operation.path.replace('{project_id}', PROJECT)
      const body = JSON.stringify(await sampleBody(app, operation))
      const headers = { 'content-type': 'application/json' }
      expectError(await app.send(operation.method, path, { headers, body }), 'APIGW.0301')
    })

    test('refuses the project of others, and gives a hint about a placeholder', async () => {
      const body = JSON.stringify(await sampleBody(app, operation))
      const foreign = operation.path.replace('{project_id}', OTHER_PROJECT)
      expectError(await app.sendSigned(operation.method, foreign, body), 'KMS.0321')
      for (const placeholder of ['{project_id}', '%7Bproject_id%7D']) {
        const path = operation.path.replace('{project_id}', placeholder)
        const signed = app.sign(operation.method, encodeURI(decodeURI(path)), body)
        const reply = await app.send(operation.method, path, { headers: signed, body })
        expect(expectError(reply, 'KMS.0321')).toContain('placeholder')
      }
    })

    test('does not find the keys of other projects', async () => {
      const body = await sampleBody(app, operation)
      // Who names a grant rightly may learn of its key: the id of a grant cannot be guessed.
      if (!('key_id' in body) || 'grant_id' in body) return
      expectError(await app.call(name, body, { project: OTHER_PROJECT }), 'KMS.0207')
    })
  },
)

/** Status of the answer to a good request. */
function statusOf({ name, status }: AnyOperation): number {
  const refusal = REFUSED[name]
  return refusal === undefined ? status : errorRow(refusal).status
}

/** One for each use: the first schema that it compiles costs what hundreds do after it. */
const fields = withVocabulary(new Ajv2020({ allowUnionTypes: true }))
const answers = withVocabulary(new Ajv2020({ allErrors: true }))

function withVocabulary(ajv: Ajv2020): Ajv2020 {
  ajv.addVocabulary(['x-error-code', 'x-expected'])
  return ajv
}

function takes(schema: object, value: unknown): boolean {
  return fields.validate(schema, value)
}

/** What is wrong with an answer under the schema of its operation, undeclared members included. */
function faultsOf(operation: AnyOperation, value: unknown): unknown {
  const schema: unknown = JSON.parse(JSON.stringify(operation.response), (_name, part: unknown) =>
    typeof part === 'object' && part !== null && 'properties' in part
      ? { ...part, additionalProperties: false }
      : part,
  )
  const validate = answers.compile(schema as object)
  validate(value)
  return validate.errors ?? []
}
