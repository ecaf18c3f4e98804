import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import { AuditUnavailable } from '../core/audit-event.js'
import { KmsError } from '../core/errors.js'
import { watchedService } from '../core/watched-service.js'
import { openApiDocument } from '../openapi/document.js'
import type { AnyOperation } from '../operations/operation.js'
import type { Follower } from '../telemetry/follower.js'
import type { Log } from '../telemetry/log.js'
import type { Metrics } from '../telemetry/metrics.js'
import { Overloaded } from './admission.js'
import { type Reply, answer, answerError } from './answer.js'
import { auditEventOf } from './audit-trail.js'
import type { ClientReader } from './client-reader.js'
import { type Exchange, type Served, beginExchange } from './exchange.js'
import { staged } from './followed.js'
import { type Page, type ReadinessCheck, livePage, readyPage } from './health.js'
import { type App, messagesOf } from './messages.js'
import { type OperationRoute, operationRoute } from './operation-route.js'
import { ClientGone } from './read-body.js'
import { RETRY_AFTER_SECONDS, type RenderedError, renderError } from './render-error.js'
import { type Outcome, RequestLog } from './request-log.js'
import { type PathParams, type Route, RouteTable } from './route-table.js'
import { type Serving, serveOperation } from './serve-operation.js'
import { createBodyCompiler } from './validate.js'
import {
  type TokenEndpoint,
  TokenRefusal,
  type TokenServing,
  refusalOf,
  tokenErrorBody,
} from './tokens/endpoint.js'
import { tokenEndpoints } from './tokens/index.js'
import { Turns } from './turns.js'

/** What the application is made of. */
export interface AppParts extends Omit<Serving, 'followedService'>, TokenServing {
  readonly operations: readonly AnyOperation[]
  /** Finds out who sent a request. */
  readonly client: ClientReader
  readonly readiness: readonly ReadinessCheck[]
  readonly log: Log
  readonly metrics: Metrics
  readonly follower: Follower
  /** Version of the software, for the OpenAPI document. */
  readonly version: string
}

type Target =
  | ({ readonly kind: 'operation' } & OperationRoute)
  | { readonly kind: 'token'; readonly endpoint: TokenEndpoint }
  | { readonly kind: 'page'; readonly path: string; render(this: void): Page | Promise<Page> }

/** Builds the application: every operation at its path, and the pages for operators. */
export function createApp(parts: AppParts): App {
  const routes = new RouteTable<Target>([...operationRoutes(parts), ...pageRoutes(parts)])
  const requests = new RequestLog(parts.log, parts.metrics, parts.follower)
  const serving = { ...parts, followedService: watchedService(parts.service) }
  const turns = new Turns()
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((request: IncomingMessage, response: ServerResponse) => {
    void serve(beginExchange(request, response, parts.client(request)))
  })
  return { listener, messages: messagesOf(app) }

  function listener(request: IncomingMessage, response: ServerResponse): void {
    // Express hands back what its router cannot even look at, such as an address that is no URL.
    app(request as express.Request, response as express.Response, () => {
      void serve(beginExchange(request, response, parts.client(request)))
    })
  }

  async function serve(exchange: Exchange): Promise<void> {
    try {
      const { target, params } = requireRoute(routes, exchange)
      if (target.kind === 'page') await servePage(exchange, target)
      else await follow(exchange, callOf(serving, exchange, { target, params }))
    } catch (error) {
      fail(requests, exchange, error)
    }
  }

  async function servePage(exchange: Exchange, target: Extract<Target, { kind: 'page' }>) {
    const page = await target.render()
    answer(exchange, page)
    requests.recordPage(exchange, { path: target.path, status: page.status })
  }

  /** Serves a call within its trace, where it has one. */
  function follow(exchange: Exchange, call: Call): Promise<void> {
    const { request, requestId, startedAt } = exchange
    const { method = '', headers } = request
    const { served, route } = call
    exchange.operation = served
    const followed = parts.follower.begin({
      operation: served.name,
      route,
      method,
      headers,
      requestId,
      startedAt,
    })
    exchange.followed = followed
    return followed.run(() => serveCall(exchange, call))
  }

  async function serveCall(exchange: Exchange, call: Call) {
    const turn = turns.take()
    if (turn) await staged(exchange, 'turn', () => turn)
    const fault = parts.audit.fault()
    // Nothing is done that could not be recorded.
    if (fault !== undefined) throw new AuditUnavailable(fault)
    const end = await ending(exchange, call)
    await staged(exchange, 'audit', () => parts.audit.record(auditEventOf(exchange, end.outcome)))
    if ('error' in end) {
      fail(requests, exchange, end.error)
      return
    }
    answer(exchange, end.reply)
    requests.record(exchange, end.outcome)
  }

  /** Serves a call; its answer is sent once it stands in the audit log. */
  async function ending(exchange: Exchange, call: Call): Promise<Ending> {
    try {
      await staged(exchange, 'admit', () => parts.limits.admitAddress(exchange.client.address))
      const reply = await call.run()
      return { outcome: { code: 'ok', status: reply.status }, reply }
    } catch (thrown) {
      const error = call.refusalOf(thrown)
      return { outcome: outcomeOf(error), error }
    }
  }
}

/** A call that is to be served, whatever serves it. */
interface Call {
  readonly served: Served
  /** Path with its parameters in braces. */
  readonly route: string
  run(this: void): Promise<Reply>
  /** What the client is told of what was thrown. */
  refusalOf(this: void, error: unknown): unknown
}

function callOf(
  parts: Serving & TokenServing,
  exchange: Exchange,
  { target, params }: { readonly target: Exclude<Target, { kind: 'page' }>; params: PathParams },
): Call {
  if (target.kind === 'token') {
    const { endpoint } = target
    return {
      served: endpoint,
      route: endpoint.path,
      async run() {
        const { body, headers } = await endpoint.serve(parts, exchange)
        const reply = { status: endpoint.status, body: JSON.stringify(body) }
        return headers ? { ...reply, headers } : reply
      },
      refusalOf,
    }
  }
  const { operation } = target
  return {
    served: operation,
    route: operation.path,
    async run() {
      const value = await serveOperation(parts, exchange, { route: target, params })
      const { status } = operation
      return { status, body: status === 204 ? '' : JSON.stringify(value) }
    },
    refusalOf: (error) => error,
  }
}

/** How a call ended, before anybody was told. */
type Ending =
  | { readonly outcome: Outcome; readonly reply: Reply }
  | { readonly outcome: Outcome; readonly error: unknown }

function* operationRoutes({ operations }: AppParts): Iterable<Route<Target>> {
  const compile = createBodyCompiler()
  for (const operation of operations) {
    const { method, path } = operation
    yield { method, path, target: { kind: 'operation', ...operationRoute(operation, compile) } }
  }
  for (const endpoint of tokenEndpoints) {
    const { method, path } = endpoint
    yield { method, path, target: { kind: 'token', endpoint } }
  }
}

function* pageRoutes(parts: AppParts): Iterable<Route<Target>> {
  const { metrics, operations, readiness, version } = parts
  const document = JSON.stringify(openApiDocument({ operations, version }))
  const pages: readonly (readonly [string, () => Page | Promise<Page>])[] = [
    ['/health/live', livePage],
    ['/health/ready', () => readyPage(readiness)],
    ['/openapi.json', () => ({ status: 200, body: document })],
    [
      '/metrics',
      async () => ({
        status: 200,
        body: await metrics.text(),
        contentType: metrics.contentType,
      }),
    ],
  ]
  for (const [path, render] of pages) {
    yield { method: 'GET', path, target: { kind: 'page', path, render } }
  }
}

function requireRoute(routes: RouteTable<Target>, { request, response }: Exchange) {
  const { method = '', url = '' } = request
  const match = routes.find(method, url)
  if (match.kind === 'found') return match
  if (match.kind === 'unknown') {
    throw new KmsError('APIGW.0101', 'No operation has this address: see /openapi.json.')
  }
  const allowed = match.allowed.join(', ')
  response.setHeader('Allow', allowed)
  throw new KmsError('KMS.0215', `The method must be ${allowed} for this address.`)
}

function fail(requests: RequestLog, exchange: Exchange, error: unknown): void {
  requests.record(exchange, outcomeOf(error))
  if (error instanceof ClientGone) exchange.response.destroy()
  else if (exchange.response.headersSent) return
  else if (error instanceof TokenRefusal) {
    const { status, message } = error
    if (status === 429) exchange.response.setHeader('Retry-After', RETRY_AFTER_SECONDS)
    answer(exchange, { status, body: tokenErrorBody(status, message) })
  } else answerError(exchange, renderError(error))
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof ClientGone) return { code: 'aborted', status: 0 }
  if (error instanceof TokenRefusal) return { code: error.code, status: error.status }
  const { code, status }: RenderedError = renderError(error)
  // Refusals by the thousand are told by their code; a stack for each would only add to the load.
  if (status < 500 || error instanceof Overloaded) return { code, status }
  return { code, status, error }
}
