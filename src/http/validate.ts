import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { TObject } from '../packages/typebox.js'
import { type ErrorCode, KmsError } from '../core/errors.js'
import type { JsonObject } from './parse-body.js'

/** Accepts a body, or throws the error of the first field that is not as it must be. */
export type BodyValidator = (body: JsonObject) => void

interface Judgement {
  readonly 'x-error-code'?: ErrorCode
  readonly 'x-expected'?: string
}

/** Compiles the schema of a body into a function that judges one. */
export type BodyCompiler = (schema: TObject) => BodyValidator

/** Makes the compiler of the schemas of all operations. */
export function createBodyCompiler(): BodyCompiler {
  // That each schema is one is for the tests to find: to judge all of them takes a fifth of the time of a start.
  const ajv = new Ajv2020({ allowUnionTypes: true, messages: false, validateSchema: false })
  ajv.addVocabulary(['x-error-code', 'x-expected'])
  return (schema) => compileValidator(ajv, schema)
}

/**
 * The sentence of an error names the field and says what it must be; it never repeats what was sent. The schema is compiled
 * when the first body comes: that takes milliseconds then, and for all operations a seventh of the time of a start.
 */
function compileValidator(ajv: Ajv2020, schema: TObject): BodyValidator {
  let validate: ValidateFunction | undefined
  const judgements = new Map<string, Judgement>(Object.entries(schema.properties))
  return function validateBody(body) {
    validate ??= ajv.compile(schema)
    if (!validate(body)) throw refusal(validate.errors?.[0], judgements)
  }
}

function refusal(
  error: ErrorObject | undefined,
  judgements: ReadonlyMap<string, Judgement>,
): KmsError {
  const field = error?.instancePath.split('/')[1]
  if (field === undefined) return missing(error)
  const { 'x-error-code': code = 'KMS.0308', 'x-expected': expected = 'as documented' } =
    judgements.get(field) ?? {}
  return new KmsError(code, `${field} must be ${expected}.`)
}

function missing(error: ErrorObject | undefined): KmsError {
  const field: unknown = error?.params['missingProperty']
  return typeof field === 'string'
    ? new KmsError('KMS.0204', `${field} is missing.`)
    : new KmsError('KMS.0308', 'The body is not as documented.')
}
