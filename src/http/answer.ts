import { EVERY_ANSWER, OVER_TLS } from './answer-headers.js'
import type { Exchange } from './exchange.js'
import { type RenderedError, errorBody } from './render-error.js'

/** An answer that is ready to be sent. */
export interface Reply {
  readonly status: number
  readonly body: string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends an answer with a body that is ready; an empty body is sent without a media type. */
export function answer({ request, response, requestId, client }: Exchange, reply: Reply): void {
  const { status, body, contentType = 'application/json', headers } = reply
  const own = ['X-Request-Id', requestId, ...EVERY_ANSWER]
  if (client.scheme === 'https') own.push(...OVER_TLS)
  if (body === '') {
    response.writeHead(status, own).end()
    return
  }
  own.push('Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body)))
  if (headers) own.push(...Object.entries(headers).flat())
  response.writeHead(status, own)
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
