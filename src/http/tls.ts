import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'

/** Certificates of a listener, PEM. */
export interface TlsFiles {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** Authority of client certificates; without it none is asked for. */
  readonly clientCa?: string | Buffer | undefined
  /** `required`: whoever has no certificate of the authority is not let in; `optional`: it counts where there is one. */
  readonly clientAuth?: 'required' | 'optional' | undefined
}

/** TLS 1.3, and those of TLS 1.2 that give forward secrecy and authenticate what they encrypt (RFC 9325 section 4.2). */
const SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
] as const

/** What a listener tells OpenSSL. */
export function tlsOptions({ cert, key, clientCa, clientAuth = 'required' }: TlsFiles): TlsOptions {
  return {
    cert,
    key,
    ...(clientCa !== undefined && {
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: clientAuth === 'required',
    }),
    minVersion: 'TLSv1.2',
    ciphers: SUITES.join(':'),
    honorCipherOrder: true,
    ecdhCurve: 'X25519:P-256:P-384',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    handshakeTimeout: 10_000,
    ALPNProtocols: ['http/1.1'],
  }
}
