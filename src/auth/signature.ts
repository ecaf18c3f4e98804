import { type KeyObject, createHmac, hash, timingSafeEqual } from 'node:crypto'
import { type CanonicalParts, canonicalRequest, stringToSign } from './canonical-request.js'

/** Hexadecimal SHA-256 of a raw body. */
export function hashBody(body: Uint8Array): string {
  return hash('sha256', body)
}

/**
 * Signs a request: HMAC-SHA-256 under the secret access key as it is, with no derived key and no scope.
 *
 * @returns 32 bytes
 */
export function sign(
  secret: KeyObject,
  request: { readonly date: string; readonly parts: CanonicalParts },
): Uint8Array {
  // Header values are bytes on the wire, and Node gives them as Latin-1; all the rest is ASCII.
  const canonical = Buffer.from(canonicalRequest(request.parts), 'latin1')
  const text = stringToSign({ date: request.date, hash: hash('sha256', canonical) })
  return createHmac('sha256', secret).update(text).digest()
}

/** Whether a signature of 32 bytes is the one of a request, compared in constant time. */
export function verify(
  secret: KeyObject,
  request: {
    readonly date: string
    readonly parts: CanonicalParts
    readonly signature: Uint8Array
  },
): boolean {
  return timingSafeEqual(sign(secret, request), request.signature)
}
