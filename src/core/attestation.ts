import { createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { decodeBase64 } from '../codec/base64.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'
import type { KeyId } from './ids.js'
import { parseIsoTime } from './iso-time.js'
import type { AccessPoint } from './key-space.js'

/** How far ahead a signature may expire, in milliseconds: what leaks can be used for so long. */
const MAX_ATTESTATION_LIFE_MS = 60 * 60 * 1000

/** `attestation_document` as it came. */
export interface AttestationDocument {
  readonly ecs_signature?: string
  readonly custom_signature?: string
  readonly custom_public_key?: string
  readonly expire_time?: string
  readonly service_token?: string
}

/** What a custom access point shows: its public key, and a signature that has not expired. */
export interface CustomAttestation {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** DER ECDSA-Sig-Value (RFC 3279 section 2.2.3). */
  readonly signature: Uint8Array
  /** As it stands in the signed message. */
  readonly expireTime: string
}

/** What a signature is made for: one capsule, and one recipient of the data key in it. */
export interface AttestedRequest {
  readonly keyId: KeyId
  readonly capsule: Uint8Array
  /** DER SubjectPublicKeyInfo of `public_key`; nothing where the data key is to come back clear. */
  readonly recipient: Uint8Array | undefined
}

/**
 * Reads the proof of a custom access point; judges its form and its time, not its signature.
 *
 * @throws KmsError KMS.3804, for the proofs of machines and clusters too: only the cloud that runs them can judge those
 */
export function parseAttestation(document: AttestationDocument, now: number): CustomAttestation {
  if (document.ecs_signature || document.service_token) {
    throw new KmsError(
      'KMS.3804',
      'ecs_signature and service_token are attested by services of a cloud, which this site does not have: open capsules from a custom access point.',
    )
  }
  const publicKey = parseBytes(document.custom_public_key, 'custom_public_key')
  const signature = parseBytes(document.custom_signature, 'custom_signature')
  const { expire_time: expireTime = '' } = document
  const expires = parseIsoTime(expireTime)
  if (expires === undefined) {
    throw new KmsError(
      'KMS.3804',
      'attestation_document.expire_time must be a time in UTC such as 2026-01-31T08:00:00Z.',
    )
  }
  if (expires <= now) {
    throw new KmsError('KMS.3804', 'attestation_document.expire_time has passed: sign anew.')
  }
  if (expires > now + MAX_ATTESTATION_LIFE_MS) {
    throw new KmsError(
      'KMS.3804',
      'attestation_document.expire_time must not be more than an hour ahead.',
    )
  }
  return { publicKey, signature, expireTime }
}

/** The message that an access point signs, ECDSA with P-256 and SHA-256; `docs/trusted-key-space.md`. */
function attestationMessage(request: AttestedRequest, expireTime: string): Uint8Array {
  const { keyId, capsule, recipient } = request
  const lines = [
    'hsm-kms capsule 1',
    keyId,
    hexDigest(capsule),
    recipient ? hexDigest(recipient) : '-',
    expireTime,
    '',
  ]
  return Buffer.from(lines.join('\n'), 'utf8')
}

/**
 * Judges the signature with the public key that is stored with the access point.
 *
 * @throws KmsError KMS.3804
 */
export function requireSigned(
  attestation: CustomAttestation,
  judged: { readonly publicKey: Uint8Array; readonly request: AttestedRequest },
): void {
  const message = attestationMessage(judged.request, attestation.expireTime)
  const key = createPublicKey({
    key: Buffer.from(judged.publicKey),
    format: 'der',
    type: 'spki',
  })
  if (verify('sha256', message, key, attestation.signature)) return
  throw new KmsError(
    'KMS.3804',
    'attestation_document.custom_signature is not the signature of this request by custom_public_key.',
  )
}

/** Whether an access point may attest now, and its stored public key is the one that is shown. */
export function isShownBy(
  point: AccessPoint,
  { publicKey }: CustomAttestation,
): point is AccessPoint & { readonly publicKey: Uint8Array } {
  const stored = point.publicKey
  if (!point.enabled || stored?.length !== publicKey.length) return false
  return timingSafeEqual(stored, publicKey)
}

function parseBytes(text: string | undefined, field: string): Uint8Array {
  const bytes = text ? decodeBase64(text.replace(/\s+/g, '')) : undefined
  if (bytes) return bytes
  throw new KmsError('KMS.3804', `attestation_document.${field} must be base64.`)
}

function hexDigest(bytes: Uint8Array): string {
  return Buffer.from(sha256(bytes)).toString('hex')
}
