import type { Client } from '../core/client.js'
import { ALGORITHM, type Authorization, algorithmOf, parseAuthorization } from './authorization.js'
import type { CanonicalParts } from './canonical-request.js'
import { refusal } from './refusal.js'
import { canonicalPaths, canonicalQuery, parseRequestTarget } from './request-target.js'
import { parseSdkDate } from './sdk-date.js'
import { hashBody } from './signature.js'
import { type ReceivedHeaders, collectSignedHeaders } from './signed-headers.js'

/** How far the date of a request may be from the clock, either way. */
const MAX_SKEW_MS = 15 * 60 * 1000

/** A request as it was received, before anything of it was parsed. */
export interface SignedRequest extends ReceivedHeaders {
  readonly method: string
  /** The raw request target: path and query as they stand in the request line. */
  readonly url: string
  /** The raw body; empty where there is none. */
  readonly body: Uint8Array
  readonly client: Client
}

/** What a request says of its signature: everything that can be judged without the secret. */
export interface Claim {
  readonly accessKeyId: string
  readonly signature: Uint8Array
  readonly date: string
  /** `X-Security-Token`, which the signature covers; it comes with a temporary access key. */
  readonly securityToken: string | undefined
  /** What the signature may cover: the same request under each form of its path. */
  readonly candidates: Iterable<CanonicalParts>
}

/**
 * Reads the claim of a request.
 *
 * @throws KmsError APIGW.0301
 */
export function readClaim(request: SignedRequest, now: number): Claim {
  const { accessKeyId, signature, signedHeaders } = readAuthorization(
    request.headers.authorization ?? '',
  )
  const headers = collectSignedHeaders(request, signedHeaders)
  const date = readDate(request.headers['x-sdk-date'], now)
  const { 'x-security-token': token } = request.headers
  const securityToken = typeof token === 'string' ? token : undefined
  const target = parseRequestTarget(request.url)
  const query = target && canonicalQuery(target.query)
  if (!target || query === undefined) {
    throw refusal('wrong-signature', 'The address must be a path and a query of a valid URI.')
  }
  const common = { method: request.method, query, headers, bodyHash: readBodyHash(request) }
  return {
    accessKeyId,
    signature,
    date,
    securityToken,
    candidates: candidates(target.path, common),
  }
}

function* candidates(
  path: string,
  { method, query, headers, bodyHash }: Omit<CanonicalParts, 'path'>,
): Iterable<CanonicalParts> {
  for (const form of canonicalPaths(path)) yield { method, path: form, query, headers, bodyHash }
}

function readAuthorization(header: string): Authorization {
  if (algorithmOf(header) !== ALGORITHM) {
    throw refusal('wrong-signature', `The only algorithm of Authorization is ${ALGORITHM}.`)
  }
  const authorization = parseAuthorization(header)
  if (!authorization) {
    throw refusal(
      'wrong-signature',
      `Authorization must read "${ALGORITHM} Access=..., SignedHeaders=..., Signature=...".`,
    )
  }
  return authorization
}

function readDate(header: string | string[] | undefined, now: number): string {
  const text = typeof header === 'string' ? header.trim() : ''
  const date = parseSdkDate(text)
  if (date === undefined) {
    throw refusal('wrong-date', 'X-Sdk-Date must be a UTC time of the form YYYYMMDDTHHMMSSZ.')
  }
  if (Math.abs(now - date) > MAX_SKEW_MS) {
    throw refusal('wrong-date', 'X-Sdk-Date is more than 15 minutes from the time of the service.')
  }
  return text
}

/**
 * The hash of the body that was received, and not one that the client states.
 *
 * `X-Sdk-Content-Sha256` may state it as well, and then has to be right. `UNSIGNED-PAYLOAD` is refused: the body is
 * where the key and the secret to be wrapped stand, and who changed it unnoticed would have his own wrapped.
 */
function readBodyHash(request: SignedRequest): string {
  const actual = hashBody(request.body)
  const stated = request.headers['x-sdk-content-sha256']
  if (stated === undefined) return actual
  if (typeof stated !== 'string' || stated.trim().toLowerCase() !== actual) {
    throw refusal(
      'wrong-signature',
      'X-Sdk-Content-Sha256 must be the SHA-256 of the body; an unsigned body is not accepted.',
    )
  }
  // The signature covers the digest as it was stated, in whichever case.
  return stated.trim()
}
