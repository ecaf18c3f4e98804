import type { TSchema } from '../packages/typebox.js'
import { type ErrorCode, errorRow } from '../core/errors.js'
import { type AnyOperation, errorsOf } from '../operations/operation.js'

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

type JsonObject = Readonly<Record<string, Json>>

const SIGNATURE = 'signature'
const TOKEN = 'bearerToken'

/** Derives the OpenAPI 3.1 document of the service from its operations. */
export function openApiDocument(parts: {
  readonly operations: readonly AnyOperation[]
  readonly version: string
}): JsonObject {
  const { operations, version } = parts
  const groups = new Set(operations.map((operation) => operation.group))
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'HSM KMS',
      version,
      description: 'Key management on PKCS#11 hardware security modules, KMS v1.0 wire contract.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...groups].map((name) => ({ name })),
    paths: pathsOf(operations),
    components: { securitySchemes: SECURITY_SCHEMES, schemas: SCHEMAS, headers: HEADERS },
  }
}

const SECURITY_SCHEMES: JsonObject = {
  [SIGNATURE]: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      'Request signature SDK-HMAC-SHA256 with an access key: "SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…", over a request that carries X-Sdk-Date.',
  },
  [TOKEN]: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Auth-Token',
    description:
      'Bearer token of POST /v3/auth/tokens, or of an issuer that the service believes. A request that is signed as well counts as signed.',
  },
}

const ERROR_PAIR: JsonObject = {
  error_code: { type: 'string', description: 'Code of the error.' },
  error_msg: { type: 'string', description: 'A sentence that says what to mend.' },
}

const SCHEMAS: JsonObject = {
  Error: {
    type: 'object',
    description:
      'The nested pair and the flat one say the same; errors of authentication and of routing have the flat one only.',
    required: ['error_code', 'error_msg', 'request_id'],
    properties: {
      error: {
        type: 'object',
        required: ['error_code', 'error_msg'],
        properties: ERROR_PAIR,
      },
      ...ERROR_PAIR,
      request_id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    },
  },
}

const HEADERS: JsonObject = {
  'X-Request-Id': {
    description: 'Id of the request, as it stands in the log of the service.',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  },
}

const REQUEST_ID: JsonObject = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } }

function pathsOf(operations: readonly AnyOperation[]): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: operationObject(operation),
    }
  }
  return paths
}

function operationObject(operation: AnyOperation): JsonObject {
  const { example, name, request, summary } = operation
  return {
    operationId: name,
    summary,
    tags: [operation.group],
    ...(operation.access === 'project'
      ? {
          security: [{ [SIGNATURE]: [] }, { [TOKEN]: [] }],
          'x-action': operation.action,
          'x-identity-action': operation.identityAction,
        }
      : { security: [] }),
    parameters: parametersOf(operation),
    ...(request.body && {
      requestBody: { required: true, content: jsonContent(request.body, example.request) },
    }),
    responses: {
      [String(operation.status)]: {
        description: 'Success.',
        headers: REQUEST_ID,
        ...(operation.status !== 204 && {
          content: jsonContent(operation.response, example.response),
        }),
      },
      ...errorResponses(errorsOf(operation)),
    },
  }
}

function parametersOf({ access, request }: AnyOperation): readonly JsonObject[] {
  const path = Object.entries(request.path?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: plain(schema),
  }))
  if (access === 'public') return path
  const needed = new Set<string>(request.query?.required)
  const query = Object.entries(request.query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: needed.has(name),
    schema: plain(schema),
  }))
  const date = {
    name: 'X-Sdk-Date',
    in: 'header',
    required: true,
    description: 'UTC time of the signature, at most 15 minutes from that of the service.',
    schema: { type: 'string', pattern: '^[0-9]{8}T[0-9]{6}Z$' },
  }
  return [...path, ...query, date]
}

function jsonContent(schema: TSchema, example: unknown): JsonObject {
  return {
    'application/json': {
      schema: plain(schema),
      ...(example !== undefined && { example: plain(example) }),
    },
  }
}

/** One response for each status, with the codes that have it and their meanings. */
function errorResponses(codes: readonly ErrorCode[]): JsonObject {
  const statuses = new Set(codes.map((code) => errorRow(code).status))
  return Object.fromEntries(
    [...statuses].sort().map((status) => {
      const own = codes.filter((code) => errorRow(code).status === status)
      return [String(status), errorResponse(own)]
    }),
  )
}

function errorResponse(codes: readonly ErrorCode[]): JsonObject {
  return {
    description: codes.map((code) => `${code}: ${errorRow(code).text}`).join('\n\n'),
    headers: REQUEST_ID,
    content: {
      'application/json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Error' },
            { properties: { error_code: { enum: codes } } },
          ],
        },
      },
    },
  }
}

/** What JSON makes of a value: schemas carry marks of their library that no document shows. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
