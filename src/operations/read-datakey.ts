import {
  type DatakeyFrame,
  MAX_DATAKEY_BYTES,
  MAX_PRIVATE_KEY_BYTES,
} from '../codec/datakey-frame.js'
import { requireNoContext } from '../core/context-bytes.js'
import { parseWhole } from '../core/datakey.js'
import type { EncryptionScheme } from '../core/encryption-algorithms.js'
import { KmsError } from '../core/errors.js'
import type { OaepHash } from '../core/hsm-data.js'
import { requireVersion } from '../core/read-frame.js'
import { type SealedDatakey, openDatakey, readDatakeyFrame } from '../core/seal.js'
import type { Service } from '../core/service.js'
import type { JudgedKey } from './load-encryption-key.js'
import type { ProjectCall } from './operation.js'
import { rsaText } from './rsa-text.js'
import { tokenOfCall } from './version-token.js'

/** A wrapped data key of a request, judged as far as that needs no HSM: a frame, or the bare ciphertext of RSA. */
export type WrappedDatakey = {
  readonly key: JudgedKey
  /** Bytes of the clear data key, as the request states them. */
  readonly length: number
} & (
  { readonly sealed: SealedDatakey } | { readonly ciphertext: Uint8Array; readonly hash: OaepHash }
)

/**
 * Reads `datakey_cipher_length`.
 *
 * @throws KmsError KMS.2202
 */
export function parseClearLength(value: string | number): number {
  return parseWhole(value, {
    field: 'datakey_cipher_length',
    min: 1,
    max: MAX_PRIVATE_KEY_BYTES,
    code: 'KMS.2202',
  })
}

/**
 * Judges a wrapped data key.
 *
 * @throws KmsError KMS.2201, KMS.2202, KMS.2204; KMS.0308 for a context under RSA
 */
export function readDatakey(
  key: JudgedKey,
  request: {
    readonly bytes: Uint8Array
    readonly length: number
    readonly context: Uint8Array
    readonly scheme: EncryptionScheme
  },
): WrappedDatakey {
  const { bytes, length, context, scheme } = request
  if (scheme !== 'frame') {
    requireNoContext(context)
    return { key, length, ciphertext: bytes, hash: scheme }
  }
  const { id, currentVersion } = key.cmk
  const frame = readDatakeyFrame(bytes, id)
  requireVersion(frame, currentVersion)
  requireLength(frame, length)
  return { key, length, sealed: { keyId: id, frame, context } }
}

/**
 * Opens a wrapped data key. The caller zeroes it.
 *
 * @throws KmsError KMS.2201, KMS.0311, KMS.0340; KMS.2204 when it has another length than the request states
 */
export async function openWrapped(
  service: Service,
  call: Pick<ProjectCall, 'trace'>,
  wrapped: WrappedDatakey,
): Promise<Uint8Array> {
  const { length } = wrapped
  const dek = await open(service, call, wrapped)
  if (dek.length === length) return dek
  dek.fill(0)
  throw wrongLength()
}

async function open(
  service: Service,
  call: Pick<ProjectCall, 'trace'>,
  wrapped: WrappedDatakey,
): Promise<Uint8Array> {
  const { cmk } = wrapped.key
  if (!('sealed' in wrapped)) return await rsaText(service, call, cmk, wrapped)
  const { sealed } = wrapped
  const token = await tokenOfCall(service, call, cmk, sealed.frame.keyVersion)
  return await openDatakey(token, sealed)
}

/**
 * Compares the length that a request states with the one in a frame. That of a private key which the token wrapped
 * unseen stands there rounded up, so it is compared exactly only when the key is open.
 */
function requireLength(frame: DatakeyFrame, length: number): void {
  if (frame.form === 'datakey' && length > MAX_DATAKEY_BYTES) {
    throw new KmsError(
      'KMS.2202',
      `datakey_cipher_length must be a whole number from 1 to ${MAX_DATAKEY_BYTES} for a data key.`,
    )
  }
  const longer = frame.datakeyLength - length
  if (longer === 0 || (frame.form === 'pair' && longer > 0 && longer < 8)) return
  throw wrongLength()
}

function wrongLength(): KmsError {
  return new KmsError(
    'KMS.2204',
    'datakey_cipher_length is not the length of the data key in cipher_text.',
  )
}
