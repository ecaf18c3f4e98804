/** The one algorithm of request signatures that this service speaks. */
export const ALGORITHM = 'SDK-HMAC-SHA256'

/** What an `Authorization` header says. */
export interface Authorization {
  readonly accessKeyId: string
  /** Lower-case names, as listed, each once. */
  readonly signedHeaders: readonly string[]
  /** 32 bytes. */
  readonly signature: Uint8Array
}

/*
 * Access=<AK>, SignedHeaders=<h1;h2;...>, Signature=<64 lower-case hexadecimal digits>; the blanks may be missing.
 * Names are lower-case tokens of RFC 9110 section 5.6.2. Every part is bounded by a character outside its class, so
 * the expression takes linear time.
 */
const PARAMETERS =
  /^ *Access=([0-9A-Za-z_-]{1,64}) *, *SignedHeaders=([0-9a-z!#$%&'*+.^_`|~;-]+) *, *Signature=([0-9a-f]{64})$/

/** Reads the name of the algorithm, the first word of the header. */
export function algorithmOf(header: string): string {
  const blank = header.indexOf(' ')
  return blank < 0 ? header : header.slice(0, blank)
}

/** Reads an `Authorization` header of {@link ALGORITHM}; nothing where it has another shape. */
export function parseAuthorization(header: string): Authorization | undefined {
  if (!header.startsWith(`${ALGORITHM} `)) return undefined
  const match = PARAMETERS.exec(header.slice(ALGORITHM.length + 1))
  if (!match) return undefined
  const [, accessKeyId = '', names = '', signature = ''] = match
  const signedHeaders = names.split(';')
  if (signedHeaders.includes('') || new Set(signedHeaders).size !== signedHeaders.length) {
    return undefined
  }
  return { accessKeyId, signedHeaders, signature: Buffer.from(signature, 'hex') }
}

/** Writes an `Authorization` header. */
export function formatAuthorization(authorization: Authorization): string {
  const { accessKeyId, signedHeaders, signature } = authorization
  const hexadecimal = Buffer.from(signature).toString('hex')
  return `${ALGORITHM} Access=${accessKeyId}, SignedHeaders=${signedHeaders.join(';')}, Signature=${hexadecimal}`
}
