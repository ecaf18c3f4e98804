import type { HsmLimits } from '../../src/core/hsm.js'
import type { TokenIdentity } from '../../src/core/hsm-inspection.js'

/** What the in-memory HSM can do unless a test says otherwise. */
export const MEMORY_LIMITS: HsmLimits = {
  maxSecretBytes: 1024,
  maxPairBytes: 4096,
  algorithms: [
    'wrapping',
    'binding',
    'hmac-256',
    'hmac-384',
    'hmac-512',
    'rsa-2048',
    'rsa-3072',
    'rsa-4096',
    'ec-p256',
    'ec-p384',
    'ec-p521',
    'secp256k1',
    'ed25519',
  ],
  signatureSchemes: [
    'pss-sha256',
    'pss-sha384',
    'pss-sha512',
    'pkcs1-sha256',
    'pkcs1-sha384',
    'pkcs1-sha512',
    'ecdsa',
    'ed25519',
  ],
  oaepHashes: ['sha1', 'sha256'],
  imports: ['secrets', 'pairs'],
  agrees: true,
  sealsData: true,
}

/** Who the in-memory HSM says it is. */
export const MEMORY_IDENTITY: TokenIdentity = {
  label: 'memory',
  manufacturer: 'hsm-kms tests',
  model: 'software store',
  serial: '0',
  hardware: 'none',
  firmware: `Node ${process.versions.node}`,
  library: `OpenSSL ${process.versions.openssl}`,
  profile: 'memory',
}
