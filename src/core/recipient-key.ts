import { type KeyObject, constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { decodeBase64 } from '../codec/base64.js'
import { KmsError } from './errors.js'

/** Whoever is to read an answer: the RSA public key, and its one DER form. */
export interface RecipientKey {
  readonly key: KeyObject
  /** DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). */
  readonly der: Uint8Array
}

const MIN_BITS = 2048
/** Longer keys cost time and add nothing. */
const MAX_BITS = 4096
const PEM = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----\s*$/

/**
 * Reads the `public_key` of a recipient: SubjectPublicKeyInfo as PEM, or its DER in base64.
 *
 * @throws KmsError KMS.0308
 */
export function parseRecipientKey(text: string): RecipientKey {
  // node:crypto would take a private key or a certificate as well, and derive a public key from it.
  const body = PEM.exec(text)?.[1] ?? text
  const der = decodeBase64(body.replace(/\s+/g, ''))
  const key = der && importKey(der)
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0
  const exponent = key?.asymmetricKeyDetails?.publicExponent ?? 0n
  // SP 800-56B section 6.2: an odd exponent; smaller ones than 65537 are no use to anybody.
  const sound = exponent >= 65_537n && exponent < 2n ** 32n && exponent % 2n === 1n
  if (!der || key?.asymmetricKeyType !== 'rsa' || bits < MIN_BITS || bits > MAX_BITS || !sound) {
    throw new KmsError(
      'KMS.0308',
      `public_key must be an RSA public key of ${MIN_BITS} to ${MAX_BITS} bits, as PEM (PUBLIC KEY) or its DER in base64.`,
    )
  }
  // Written anew: what OpenSSL skipped at the end of the DER must not make a second form of the same key.
  return { key, der: key.export({ type: 'spki', format: 'der' }) }
}

/** Encrypts a data key to its recipient: RSAES_OAEP_SHA_256 (RFC 8017 section 7.1), MGF1 with SHA-256, empty label. */
export function encryptToRecipient({ key }: RecipientKey, secret: Uint8Array): Uint8Array {
  return publicEncrypt(
    { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    secret,
  )
}

function importKey(der: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    // Node 20 ends the process where it is asked for the details of an EC key whose point is at infinity.
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    return undefined
  }
}
