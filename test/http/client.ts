import http, { type IncomingHttpHeaders } from 'node:http'
import https, { type RequestOptions } from 'node:https'

/** An answer with its body read. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; undefined where it is empty. */
  readonly json: Record<string, unknown>
}

/** A request as it goes over the wire, exactly so. */
export interface WireRequest {
  readonly method: string
  /** Scheme, host and port. */
  readonly origin: string
  /** Raw path and query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly tls?: RequestOptions
}

/** Sends a request on a connection of its own and reads the answer to its end. */
export function exchange(wire: WireRequest): Promise<Reply> {
  const { method, path, headers, body } = wire
  const { protocol, hostname, port } = new URL(wire.origin)
  const framed = { ...(isChunked(headers) ? {} : lengthOf(body)), ...headers }
  const options = { method, path, headers: framed, hostname, port, agent: false, ...wire.tls }
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode: status = 0 } = response
        resolve({ status, headers: response.headers, text, json: parse(text) })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

function isChunked(headers: WireRequest['headers'] = {}): boolean {
  return 'transfer-encoding' in headers
}

/** Node states no length for a method that seldom has a body, such as DELETE, and the body is then no part of it. */
function lengthOf(body: WireRequest['body']): Record<string, string> {
  return body === undefined || body.length === 0
    ? {}
    : { 'content-length': String(Buffer.byteLength(body)) }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
