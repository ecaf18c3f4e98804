import type { Exchange } from './exchange.js'
import { type RenderedError, errorBody } from './render-error.js'

/** Names and values, as they alternate in a list. */
type HeaderList = readonly string[]

const EVERY_ANSWER: HeaderList = [
  // Answers may hold clear data keys: nobody on the way keeps them.
  'Cache-Control',
  'no-store',
  // Nothing that is answered is a page: a browser that is led here shall do nothing with it.
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy',
  'no-referrer',
]
/** A year, for clients that honour it (RFC 6797). */
const OVER_TLS: HeaderList = ['Strict-Transport-Security', 'max-age=31536000']

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
