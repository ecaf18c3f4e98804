import { type KeyObject, X509Certificate, createHash } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  type PeerCertificate,
  type SecureVersion,
  type TLSSocket,
  connect,
  getCiphers,
} from 'node:tls'
import type { Seen } from '../compliance/seen.js'
import type { CertificateSeen, TransportSeen } from '../compliance/transport/transport-seen.js'

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies SecureVersion[]
const HANDSHAKE_MS = 3_000
/** All of it takes no longer; what was not tried then is left out, and said. */
const WHOLE_MS = 10_000
/** A client of an old day: OpenSSL would keep weak offers back by itself. */
const ANY_LEVEL = '@SECLEVEL=0'

const CURVE_BITS: Readonly<Record<string, number>> = {
  'P-256': 256,
  'P-384': 384,
  'P-521': 521,
  secp256k1: 256,
  Ed25519: 256,
}

/** Where a listener is. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Looks at a TLS listener as a client does: versions, suites and certificate, each by handshakes of its own. */
export async function gatherTransport(endpoint: Endpoint): Promise<Seen<TransportSeen>> {
  const until = Date.now() + WHOLE_MS
  const versions = []
  let shown: PeerCertificate | undefined
  for (const version of VERSIONS) {
    const hand = await shake(endpoint, offer(version, `ALL:${ANY_LEVEL}`))
    shown ??= hand?.certificate
    versions.push({ version, accepted: hand !== undefined })
  }
  if (!versions.some(({ accepted }) => accepted)) {
    return { error: `No TLS handshake with ${endpoint.host}:${endpoint.port} came about.` }
  }
  const suites = []
  let suitesTried = 0
  for (const [version, suite] of offers(versions)) {
    if (Date.now() > until) break
    suitesTried++
    const ciphers = version === 'TLSv1.3' ? suite : `${suite}:${ANY_LEVEL}`
    const hand = await shake(endpoint, offer(version, ciphers))
    if (hand?.suite === suite) suites.push({ version, suite })
  }
  return {
    value: {
      endpoint: `${endpoint.host}:${endpoint.port}`,
      now: Date.now(),
      versions,
      suites,
      suitesTried,
      certificate: shown && certificateOf(shown),
    },
  }
}

/** Every suite of OpenSSL for each version that was accepted; TLS 1.3 has names of its own. */
function offers(
  versions: readonly { readonly version: SecureVersion; readonly accepted: boolean }[],
): readonly (readonly [SecureVersion, string])[] {
  const names = getCiphers().map((name) => name.toUpperCase())
  const newer = names.filter((name) => name.startsWith('TLS_'))
  const older = names.filter((name) => !name.startsWith('TLS_'))
  return versions
    .filter(({ accepted }) => accepted)
    .flatMap(({ version }) =>
      (version === 'TLSv1.3' ? newer : older).map((suite) => [version, suite] as const),
    )
}

function offer(version: SecureVersion, ciphers: string): ConnectionOptions {
  return { minVersion: version, maxVersion: version, ciphers }
}

interface Handshake {
  readonly suite: string
  readonly certificate: PeerCertificate
}

function shake(
  { host, port }: Endpoint,
  options: ConnectionOptions,
): Promise<Handshake | undefined> {
  return new Promise((resolve) => {
    let socket: TLSSocket
    try {
      // Names and chain are the clients' to judge: here it matters what the listener offers.
      const servername = isIP(host) === 0 ? host : ''
      socket = connect({ host, port, servername, rejectUnauthorized: false, ...options })
    } catch {
      // This OpenSSL has no such suite.
      resolve(undefined)
      return
    }
    socket.setTimeout(HANDSHAKE_MS, () => socket.destroy())
    socket.once('secureConnect', () => {
      resolve({
        suite: socket.getCipher().name,
        certificate: socket.getPeerCertificate(),
      })
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
  })
}

function certificateOf({ raw }: PeerCertificate): CertificateSeen {
  const { subject, issuer, validFrom, validTo, publicKey } = new X509Certificate(raw)
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    validFrom: Date.parse(validFrom),
    validTo: Date.parse(validTo),
    keyType: publicKey.asymmetricKeyType ?? 'unknown',
    keyBits: bitsOf(publicKey),
    sha256: createHash('sha256').update(raw).digest('hex'),
  }
}

/** By the JSON Web Key; 0 for a key that has none. */
function bitsOf(key: KeyObject): number {
  try {
    const { n, crv = '' } = key.export({ format: 'jwk' })
    return n === undefined ? (CURVE_BITS[crv] ?? 0) : 8 * Buffer.from(n, 'base64url').length
  } catch {
    return 0
  }
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ')
}
