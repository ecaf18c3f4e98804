/** Who sent a request, and how: behind trusted proxies, what they say of it. */
export interface Client {
  /** IP address without a zone. */
  readonly address: string
  /** `Host` as the client sent it; nothing where there is none. */
  readonly host: string | undefined
  readonly scheme: 'http' | 'https'
  /** SHA-256 of the client certificate (DER), lower-case hexadecimal; nothing where TLS brought none. */
  readonly certificate: string | undefined
}

/** A fingerprint of a certificate as it is stored and compared: lower-case hexadecimal, without colons. */
export function plainFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
