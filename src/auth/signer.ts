import { createSecretKey } from 'node:crypto'
import { ALGORITHM, formatAuthorization } from './authorization.js'
import type { SignedHeader } from './canonical-request.js'
import { canonicalPaths, canonicalQuery, parseRequestTarget } from './request-target.js'
import { formatSdkDate } from './sdk-date.js'
import { hashBody, sign } from './signature.js'

/** A request to be signed, and the access key to sign it with. */
export interface UnsignedRequest {
  readonly method: string
  /** Absolute address: scheme, host, path and query. */
  readonly url: string | URL
  /** Headers to send and to sign besides those that the signature adds; names in any case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly projectId: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Signs a request the way the official SDKs do, and returns the headers to send with it.
 *
 * Adds `host`, `x-project-id`, `x-sdk-date` and `authorization` to the given ones; every header but the last is
 * signed. The path and query to send are those of the WHATWG form of `url`.
 *
 * @throws TypeError when `url` is not absolute or not percent-encoded UTF-8
 */
export function signRequest(request: UnsignedRequest): Record<string, string> {
  const url = new URL(request.url)
  const date = formatSdkDate(request.now)
  const headers = headersOf(request, { host: url.host, date })
  const target = parseRequestTarget(`${url.pathname}${url.search}`)
  const [path] = target ? canonicalPaths(target.path) : []
  const query = target && canonicalQuery(target.query)
  if (path === undefined || query === undefined) {
    throw new TypeError(`The address cannot be signed with ${ALGORITHM}: its query is malformed.`)
  }
  const signature = sign(createSecretKey(request.secretAccessKey, 'utf8'), {
    date,
    parts: {
      method: request.method,
      path,
      query,
      headers,
      bodyHash: hashBody(request.body ?? new Uint8Array()),
    },
  })
  const authorization = formatAuthorization({
    accessKeyId: request.accessKeyId,
    signedHeaders: headers.map(([name]) => name),
    signature,
  })
  return { ...Object.fromEntries(headers), authorization }
}

/** The headers to sign, sorted by name. */
function headersOf(
  request: UnsignedRequest,
  own: { readonly host: string; readonly date: string },
): readonly SignedHeader[] {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers.set(name.toLowerCase(), value)
  }
  headers.set('host', own.host)
  headers.set('x-project-id', request.projectId)
  headers.set('x-sdk-date', own.date)
  return [...headers].sort(([one], [other]) => (one < other ? -1 : 1))
}
