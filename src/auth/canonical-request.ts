import { ALGORITHM } from './authorization.js'

/** A header as it is signed: lower-case name, value as on the wire. */
export type SignedHeader = readonly [name: string, value: string]

/** The parts of a request that a signature covers. */
export interface CanonicalParts {
  readonly method: string
  /** One of the canonical forms of the path. */
  readonly path: string
  /** Canonical query. */
  readonly query: string
  /** In the order of `SignedHeaders`. */
  readonly headers: readonly SignedHeader[]
  /** Hexadecimal SHA-256 of the raw body. */
  readonly bodyHash: string
}

/** Puts the six parts of the canonical request together. */
export function canonicalRequest(parts: CanonicalParts): string {
  let block = ''
  let names = ''
  for (const [name, value] of parts.headers) {
    block += `${name}:${value.trim()}\n`
    names += names === '' ? name : `;${name}`
  }
  return `${parts.method.toUpperCase()}\n${parts.path}\n${parts.query}\n${block}\n${names}\n${parts.bodyHash}`
}

/** Puts the text together over which the signature is made: algorithm, date, hash of the canonical request. */
export function stringToSign(parts: { readonly date: string; readonly hash: string }): string {
  return `${ALGORITHM}\n${parts.date}\n${parts.hash}`
}
