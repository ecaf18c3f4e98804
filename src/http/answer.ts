import type { Exchange } from './exchange.js'
import { type RenderedError, errorBody } from './render-error.js'

/** Answers may hold clear data keys: nobody on the way keeps them. */
const CACHE_CONTROL = 'no-store'

/** Sends an answer with a body that is ready; an empty body is sent without a media type. */
export function answer(
  { request, response, requestId }: Exchange,
  reply: { readonly status: number; readonly body: string; readonly contentType?: string },
): void {
  const { status, body, contentType = 'application/json' } = reply
  const own = { 'X-Request-Id': requestId, 'Cache-Control': CACHE_CONTROL }
  if (body === '') {
    response.writeHead(status, own).end()
    return
  }
  response.writeHead(status, {
    ...own,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
  })
  if (request.method === 'HEAD') response.end()
  else response.end(body)
}

/** Sends the envelope of an error. */
export function answerError(exchange: Exchange, rendered: RenderedError): void {
  if (rendered.retryAfter !== undefined) {
    exchange.response.setHeader('Retry-After', rendered.retryAfter)
  }
  answer(exchange, { status: rendered.status, body: errorBody(rendered, exchange.requestId) })
}
