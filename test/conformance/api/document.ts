import { type ValidateFunction, Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, type TSchema, Type } from '../../../src/packages/typebox.js'
import { Value } from 'typebox/value'
import { isObject } from './value.js'

/** One operation, as the OpenAPI document describes it and as a client therefore knows it. */
export interface ApiOperation {
  readonly name: string
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  readonly access: 'project' | 'public'
  readonly pathParameters: readonly string[]
  readonly query: Readonly<Record<string, Field>>
  readonly requiredQuery: readonly string[]
  /** Fields of the body; absent where there is no body. */
  readonly body: Readonly<Record<string, Field>> | undefined
  readonly requiredBody: readonly string[]
  readonly example: Readonly<Record<string, unknown>>
  readonly status: number
  /** Judges the body of a success, members that are not declared included; absent where there is none. */
  readonly validate: ValidateFunction | undefined
  /** Status of every error that is documented. */
  readonly errors: ReadonlyMap<string, number>
}

const Field = Type.Object({
  type: Type.Optional(Type.Unknown()),
  'x-error-code': Type.Optional(Type.String()),
})

const Parameter = Type.Object({
  name: Type.String(),
  in: Type.String(),
  required: Type.Boolean(),
  schema: Field,
})

const Content = Type.Object({
  'application/json': Type.Object({
    schema: Type.Record(Type.String(), Type.Unknown()),
    example: Type.Optional(Type.Unknown()),
  }),
})

const Operation = Type.Object({
  operationId: Type.String(),
  parameters: Type.Array(Parameter),
  security: Type.Array(Type.Unknown()),
  requestBody: Type.Optional(Type.Object({ content: Content })),
  responses: Type.Record(Type.String(), Type.Object({ content: Type.Optional(Content) })),
})

const Document = Type.Object({
  paths: Type.Record(Type.String(), Type.Record(Type.String(), Operation)),
})

const BodySchema = Type.Object({
  properties: Type.Record(Type.String(), Field),
  required: Type.Optional(Type.Array(Type.String())),
})

const ErrorSchema = Type.Object({
  allOf: Type.Tuple([
    Type.Unknown(),
    Type.Object({
      properties: Type.Object({ error_code: Type.Object({ enum: Type.Array(Type.String()) }) }),
    }),
  ]),
})

/** A field of a request. */
export type Field = Static<typeof Field>

/** Reads the operations of an OpenAPI document. @throws Error when it is not of the form that this service writes */
export function readDocument(text: string): readonly ApiOperation[] {
  const { paths } = parsed(Document, JSON.parse(text))
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => readOperation(path, method, operation)),
  )
}

function readOperation(
  path: string,
  method: string,
  operation: Static<typeof Operation>,
): ApiOperation {
  const { parameters, requestBody, responses } = operation
  const queries = parameters.filter((parameter) => parameter.in === 'query')
  const content = requestBody?.content['application/json']
  const body = content && parsed(BodySchema, content.schema)
  const [status = '', answer] =
    Object.entries(responses).find(([code]) => code.startsWith('2')) ?? []
  const schema = answer?.content?.['application/json'].schema
  return {
    name: operation.operationId,
    method: method.toUpperCase(),
    path,
    access: operation.security.length > 0 ? 'project' : 'public',
    pathParameters: parameters.filter((one) => one.in === 'path').map(({ name }) => name),
    query: Object.fromEntries(queries.map(({ name, schema: field }) => [name, field])),
    requiredQuery: queries.filter(({ required }) => required).map(({ name }) => name),
    body: body?.properties,
    requiredBody: body?.required ?? [],
    example: isObject(content?.example) ? content.example : {},
    status: Number(status),
    validate: schema && strictValidator(schema),
    errors: errorsOf(responses),
  }
}

function errorsOf(responses: Static<typeof Operation>['responses']): ReadonlyMap<string, number> {
  const errors = new Map<string, number>()
  for (const [status, { content }] of Object.entries(responses)) {
    if (status.startsWith('2')) continue
    const { allOf } = parsed(ErrorSchema, content?.['application/json'].schema)
    for (const code of allOf[1].properties.error_code.enum) errors.set(code, Number(status))
  }
  return errors
}

/** Members that the schema of an object does not declare are faults, wherever the object says nothing else. */
function strictValidator(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const strict: unknown = JSON.parse(JSON.stringify(schema), (_name, part: unknown) =>
    isObject(part) && isObject(part['properties']) && !('additionalProperties' in part)
      ? { ...part, additionalProperties: false }
      : part,
  )
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true })
  ajv.addVocabulary(['x-error-code', 'x-expected'])
  return ajv.compile(strict as object)
}

function parsed<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  throw new Error(`The OpenAPI document has another form: ${JSON.stringify(first)}`)
}
