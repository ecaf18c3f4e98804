import type { IncomingMessage } from 'node:http'
import { type Authenticator, hasCredentials, missingCredentials } from '../auth/authenticator.js'
import type { AccessJudge } from '../core/access.js'
import type { AuditLog } from '../core/audit-event.js'
import type { CallLimits } from '../core/call-limits.js'
import type { CallWatch } from '../core/call-watch.js'
import type { Caller } from '../core/caller.js'
import { contextDigest } from '../core/context-bytes.js'
import { KmsError } from '../core/errors.js'
import type { Service } from '../core/service.js'
import type { AnyOperation } from '../operations/operation.js'
import type { Admission } from './admission.js'
import { authenticateExchange } from './authenticate.js'
import type { Exchange } from './exchange.js'
import { staged, stagedAccess } from './followed.js'
import type { OperationRoute } from './operation-route.js'
import { parseBody } from './parse-body.js'
import { parseQuery } from './parse-query.js'
import type { PathParams } from './route-table.js'
import { withBody } from './with-body.js'

/** What serving an operation takes. */
export interface Serving {
  readonly service: Service
  /** The service as a call sees it that is followed. */
  readonly followedService: (watch: CallWatch) => Service
  readonly authenticator: Authenticator
  readonly judge: AccessJudge
  readonly limits: CallLimits
  readonly admission: Admission
  readonly audit: AuditLog
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
  const { route, params } = call
  const { operation } = route
  if (operation.access === 'project') {
    return await serveProject(serving, exchange, { route, params, operation })
  }
  const baseUrl = baseUrlOf(exchange)
  return await operation.handle({ path: params }, serving.service, { baseUrl })
}

interface ProjectCall {
  readonly route: OperationRoute
  readonly params: PathParams
  readonly operation: ProjectOperation
}

async function serveProject(
  serving: Serving,
  exchange: Exchange,
  call: ProjectCall,
): Promise<unknown> {
  const { request, followed } = exchange
  // An unsigned request is refused before its body costs anything.
  if (!hasCredentials(request.headers)) throw missingCredentials()
  return await withBody(exchange, serving.admission, async (bytes) => {
    const { authenticator, judge, limits, admission } = serving
    const caller = await authenticateExchange(authenticator, exchange, bytes)
    exchange.caller = caller
    await staged(exchange, 'admit', () => limits.admitCaller(caller.accessKeyId ?? caller.userId))
    followed?.rest()
    requireOwnProject(call.params, caller)
    const { operation } = call
    const { validate, validateQuery } = call.route
    const query = validateQuery && validatedQuery(validateQuery, request.url ?? '')
    const body = validate && validated(validate, exchange, bytes)
    const judgement = judge({
      caller,
      actions: [operation.action, operation.identityAction],
      context: body?.['encryption_context'],
      address: exchange.client.address,
    })
    const access = stagedAccess(judgement, followed)
    exchange.access = access
    if (operation.target === 'project') await access.require({})
    const input = { path: call.params, ...(query && { query }), ...(body && { body }) }
    const userAgent = request.headers['user-agent'] ?? ''
    admission.requireFresh(exchange.startedAt)
    const project = { caller, trace: exchange, access, userAgent }
    const service = followed ? serving.followedService(followed) : serving.service
    const answer = await operation.handle(input, service, project)
    // Every handler asks the judge about what it finds: one that does not must not pass unnoticed.
    if (!access.decided) throw new Error(`${operation.name} answered without a judgement.`)
    return answer
  })
}

function requireOwnProject({ project_id: project }: PathParams, caller: Caller): void {
  if (project === caller.projectId) return
  throw new KmsError(
    'KMS.0321',
    project === PLACEHOLDER
      ? 'The path holds a placeholder instead of a project: give your client the id of your project.'
      : 'The project in the path is not the project of the credentials.',
  )
}

function validated(
  validate: NonNullable<OperationRoute['validate']>,
  exchange: Exchange,
  bytes: Uint8Array,
) {
  const body = parseBody(exchange.request.headers, bytes)
  validate(body)
  const { sequence } = body
  if (typeof sequence === 'string') exchange.sequence = sequence
  exchange.contextDigest = contextDigest({
    map: body['encryption_context'],
    text: body['additional_authenticated_data'],
  })
  return body
}

function validatedQuery(validate: NonNullable<OperationRoute['validateQuery']>, url: string) {
  const query = parseQuery(url)
  validate(query)
  return query
}

/** A host as a URI may hold it; anything else in the header is not repeated. */
const HOST = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i

function baseUrlOf({ client, request }: Exchange): string {
  const { scheme, host = '' } = client
  return `${scheme}://${HOST.test(host) ? host : localAddress(request.socket)}`
}

function localAddress({ localAddress = 'localhost', localPort = 0 }: IncomingMessage['socket']) {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}
