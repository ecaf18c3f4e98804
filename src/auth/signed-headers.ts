import type { IncomingHttpHeaders } from 'node:http'
import type { SignedHeader } from './canonical-request.js'
import { refusal } from './refusal.js'

/** Headers of a request as they came. */
export interface ReceivedHeaders {
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value ...: the only place where a header that was sent twice can be seen. */
  readonly rawHeaders?: readonly string[] | undefined
}

/** Headers that decide for whom the call acts: unsigned, anybody on the way could add or change them. */
const SIGNED_IF_SENT = ['x-project-id', 'x-domain-id', 'x-security-token'] as const

/** Headers that must not be repeated, signed or not. */
const SINGLE = ['authorization', 'x-sdk-date', 'x-sdk-content-sha256', ...SIGNED_IF_SENT]

/**
 * Collects the headers that a signature covers, in the order of their list.
 *
 * Only `x-sdk-date` has to be among them: the Go SDK signs neither `host` nor `content-type`.
 *
 * @throws KmsError APIGW.0301 when one is missing or repeated, or when one that has to be signed is not
 */
export function collectSignedHeaders(
  request: ReceivedHeaders,
  names: readonly string[],
): readonly SignedHeader[] {
  const { headers, rawHeaders } = request
  if (!names.includes('x-sdk-date')) {
    throw refusal('wrong-signature', 'X-Sdk-Date must be among SignedHeaders.')
  }
  for (const name of SIGNED_IF_SENT) {
    if (headers[name] !== undefined && !names.includes(name)) {
      throw refusal('wrong-signature', `The header ${name} must be among SignedHeaders.`)
    }
  }
  if (rawHeaders) requireSingle(rawHeaders, headers, names)
  return names.map((name) => {
    const value = headers[name]
    // Also refuses the names that every object has, such as `constructor`.
    if (typeof value !== 'string') {
      throw refusal('wrong-signature', 'A header in SignedHeaders is not in the request.')
    }
    return [name, value]
  })
}

/**
 * Refuses a request in which a header that matters stands twice. Node joins some of them and drops others; a proxy in
 * front may have judged by the other one.
 */
function requireSingle(
  rawHeaders: readonly string[],
  headers: IncomingHttpHeaders,
  names: readonly string[],
): void {
  // As many lines as names: no name stands twice. This is all there is to do for an ordinary request.
  if (rawHeaders.length === 2 * Object.keys(headers).length) return
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (seen.has(name) && (SINGLE.includes(name) || names.includes(name))) {
      throw refusal('wrong-signature', 'A header that is signed stands in the request twice.')
    }
    seen.add(name)
  }
}
