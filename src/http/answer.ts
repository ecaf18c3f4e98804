import type { Exchange } from './exchange.js'
import { type RenderedError, errorBody } from './render-error.js'

/** Answers may hold clear data keys: nobody on the way keeps them. */
const CACHE_CONTROL = 'no-store'

/** Nothing that is answered is a page: a browser that is led here shall do nothing with it. */
const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
} as const
/** A year, for clients that honour it (RFC 6797). */
const TRANSPORT_SECURITY = { 'Strict-Transport-Security': 'max-age=31536000' } as const

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
  const own = {
    'X-Request-Id': requestId,
    'Cache-Control': CACHE_CONTROL,
    ...SECURITY_HEADERS,
    ...(client.scheme === 'https' && TRANSPORT_SECURITY),
  }
  if (body === '') {
    response.writeHead(status, own).end()
    return
  }
  response.writeHead(status, {
    ...own,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
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
