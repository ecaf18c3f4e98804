import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import { KmsError } from '../core/errors.js'
import { openApiDocument } from '../openapi/document.js'
import type { AnyOperation } from '../operations/operation.js'
import type { Log } from '../telemetry/log.js'
import type { Metrics } from '../telemetry/metrics.js'
import { answer, answerError } from './answer.js'
import { type Exchange, beginExchange } from './exchange.js'
import { type Page, type ReadinessCheck, livePage, readyPage } from './health.js'
import { type App, messagesOf } from './messages.js'
import { type OperationRoute, operationRoute } from './operation-route.js'
import { ClientGone } from './read-body.js'
import { renderError } from './render-error.js'
import { RequestLog } from './request-log.js'
import { type PathParams, type Route, RouteTable } from './route-table.js'
import { type Serving, serveOperation } from './serve-operation.js'

/** What the application is made of. */
export interface AppParts extends Serving {
  readonly operations: readonly AnyOperation[]
  readonly readiness: readonly ReadinessCheck[]
  readonly log: Log
  readonly metrics: Metrics
  /** Version of the software, for the OpenAPI document. */
  readonly version: string
}

type Target =
  | ({ readonly kind: 'operation' } & OperationRoute)
  | { readonly kind: 'page'; readonly path: string; render(this: void): Page | Promise<Page> }

/** Builds the application: every operation at its path, and the pages for operators. */
export function createApp(parts: AppParts): App {
  const routes = new RouteTable<Target>([...operationRoutes(parts), ...pageRoutes(parts)])
  const requests = new RequestLog(parts.log, parts.metrics)
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((request: IncomingMessage, response: ServerResponse) => {
    void serve(beginExchange(request, response))
  })
  return { listener, messages: messagesOf(app) }

  function listener(request: IncomingMessage, response: ServerResponse): void {
    // Express hands back what its router cannot even look at, such as an address that is no URL.
    app(request as express.Request, response as express.Response, () => {
      void serve(beginExchange(request, response))
    })
  }

  async function serve(exchange: Exchange): Promise<void> {
    try {
      const { target, params } = requireRoute(routes, exchange)
      if (target.kind === 'page') await servePage(exchange, target)
      else await serveCall(exchange, { route: target, params })
    } catch (error) {
      fail(requests, exchange, error)
    }
  }

  async function servePage(exchange: Exchange, target: Extract<Target, { kind: 'page' }>) {
    const page = await target.render()
    answer(exchange, page)
    requests.recordPage(exchange, { path: target.path, status: page.status })
  }

  async function serveCall(
    exchange: Exchange,
    call: { readonly route: OperationRoute; readonly params: PathParams },
  ) {
    const value = await serveOperation(parts, exchange, call)
    const { status } = call.route.operation
    answer(exchange, { status, body: status === 204 ? '' : JSON.stringify(value) })
    requests.record(exchange, { code: 'ok', status })
  }
}

function* operationRoutes({ operations }: AppParts): Iterable<Route<Target>> {
  for (const operation of operations) {
    const { method, path } = operation
    yield { method, path, target: { kind: 'operation', ...operationRoute(operation) } }
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
  if (error instanceof ClientGone) {
    requests.record(exchange, { code: 'aborted', status: 0 })
    exchange.response.destroy()
    return
  }
  const rendered = renderError(error)
  if (!exchange.response.headersSent) answerError(exchange, rendered)
  const { code, status } = rendered
  requests.record(exchange, status < 500 ? { code, status } : { code, status, error })
}
