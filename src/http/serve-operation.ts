import type { IncomingMessage } from 'node:http'
import { type Authenticator, hasCredentials, missingCredentials } from '../auth/authenticator.js'
import type { Caller } from '../core/caller.js'
import { KmsError } from '../core/errors.js'
import type { Service } from '../core/service.js'
import type { AnyOperation } from '../operations/operation.js'
import type { Exchange } from './exchange.js'
import type { OperationRoute } from './operation-route.js'
import { parseBody } from './parse-body.js'
import { parseQuery } from './parse-query.js'
import { readBody } from './read-body.js'
import type { PathParams } from './route-table.js'

/** What serving an operation takes. */
export interface Serving {
  readonly service: Service
  readonly authenticator: Authenticator
  /** Scheme by which clients reach the service: that of a proxy where one stands in front. */
  readonly scheme: 'http' | 'https'
}

type ProjectOperation = Extract<AnyOperation, { access: 'project' }>

/** What a client sends that was never told its project: the SDKs leave the placeholder in the path. */
const PLACEHOLDER = '{project_id}'

/** Calls an operation with what a request carries, and returns the value to answer. */
export async function serveOperation(
  serving: Serving,
  exchange: Exchange,
  call: { readonly route: OperationRoute; readonly params: PathParams },
): Promise<unknown> {
  const { operation } = call.route
  exchange.operation = operation
  if (operation.access === 'project') {
    return serveProject(serving, exchange, { ...call, operation })
  }
  const baseUrl = baseUrlOf(serving.scheme, exchange.request)
  return operation.handle({ path: call.params }, serving.service, { baseUrl })
}

async function serveProject(
  { authenticator, service }: Serving,
  exchange: Exchange,
  call: {
    readonly route: OperationRoute
    readonly params: PathParams
    readonly operation: ProjectOperation
  },
): Promise<unknown> {
  const { request, response } = exchange
  // An unsigned request is refused before its body costs anything.
  if (!hasCredentials(request.headers)) throw missingCredentials(request.headers)
  const bytes = await readBody(request, response)
  try {
    const caller = await authenticate(authenticator, request, bytes)
    exchange.caller = caller
    requireOwnProject(call.params, caller)
    const { validate, validateQuery } = call.route
    const query = validateQuery && judgeQuery(validateQuery, request.url ?? '')
    const body = validate && judge(validate, exchange, bytes)
    const input = { path: call.params, ...(query && { query }), ...(body && { body }) }
    const userAgent = request.headers['user-agent'] ?? ''
    return await call.operation.handle(input, service, { caller, trace: exchange, userAgent })
  } finally {
    // The body may hold a clear data key.
    bytes.fill(0)
  }
}

function authenticate(
  authenticator: Authenticator,
  request: IncomingMessage,
  body: Uint8Array,
): Promise<Caller> {
  const { method = '', url = '', headers, rawHeaders } = request
  return authenticator.authenticate({ method, url, headers, rawHeaders, body })
}

function requireOwnProject({ project_id: project }: PathParams, caller: Caller): void {
  if (project === caller.projectId) return
  throw new KmsError(
    'KMS.0321',
    project === PLACEHOLDER
      ? 'The path holds a placeholder instead of a project: give your client the id of your project.'
      : 'The project in the path is not the project of the access key.',
  )
}

function judge(
  validate: NonNullable<OperationRoute['validate']>,
  exchange: Exchange,
  bytes: Uint8Array,
) {
  const body = parseBody(exchange.request.headers, bytes)
  validate(body)
  const { sequence } = body
  if (typeof sequence === 'string') exchange.sequence = sequence
  return body
}

function judgeQuery(validate: NonNullable<OperationRoute['validateQuery']>, url: string) {
  const query = parseQuery(url)
  validate(query)
  return query
}

/** A host as a URI may hold it; anything else in the header is not repeated. */
const HOST = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i

function baseUrlOf(scheme: Serving['scheme'], { headers, socket }: IncomingMessage): string {
  const { host = '' } = headers
  return `${scheme}://${HOST.test(host) ? host : localAddress(socket)}`
}

function localAddress({ localAddress = 'localhost', localPort = 0 }: IncomingMessage['socket']) {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}
