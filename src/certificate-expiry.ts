import { X509Certificate } from 'node:crypto'
import type { Metrics } from './telemetry/metrics.js'
import type { TlsSettings } from './tls-settings.js'

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Tells the metrics when the certificates of the listener expire. */
export function tellCertificateExpiry(
  { cert, clientCa }: TlsSettings,
  { certificateExpires }: Pick<Metrics, 'certificateExpires'>,
): void {
  certificateExpires('server', firstExpiry(cert))
  certificateExpires('client-ca', clientCa && firstExpiry(clientCa))
}

/**
 * When the first certificate of a PEM file expires, in milliseconds since 1970: a chain is as good as its weakest link.
 * Nothing where none can be read.
 */
export function firstExpiry(pem: Buffer): number | undefined {
  const times = (pem.toString('latin1').match(PEM) ?? []).flatMap((text) => expiryOf(text) ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

function expiryOf(pem: string): number | undefined {
  try {
    const time = Date.parse(new X509Certificate(pem).validTo)
    return Number.isNaN(time) ? undefined : time
  } catch {
    // The listener has judged the file; what it could use of it without this one is used.
    return undefined
  }
}
