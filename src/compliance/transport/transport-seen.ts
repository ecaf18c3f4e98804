/** A listener as a client sees it. Times in milliseconds since 1970. */
export interface TransportSeen {
  /** Host and port. */
  readonly endpoint: string
  readonly now: number
  /** Every version that was tried. */
  readonly versions: readonly { readonly version: string; readonly accepted: boolean }[]
  /** Suites that it took, by their names in OpenSSL. */
  readonly suites: readonly { readonly version: string; readonly suite: string }[]
  /** How many were offered to it, one at a time. */
  readonly suitesTried: number
  readonly certificate: CertificateSeen | undefined
}

/** The certificate that it showed. */
export interface CertificateSeen {
  readonly subject: string
  readonly issuer: string
  readonly validFrom: number
  readonly validTo: number
  /** `rsa`, `ec`, …, and bits of the modulus or of the order. */
  readonly keyType: string
  readonly keyBits: number
  readonly sha256: string
}
