import { timingSafeEqual } from 'node:crypto'
import { type Frame, MalformedBytes, encodeKeyIdField } from '../codec/frame.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'
import { HsmError } from './hsm.js'
import type { KeyId } from './ids.js'

/**
 * Takes a frame apart and judges its structure and its checksum.
 *
 * @throws KmsError KMS.2201
 */
export function readFrame<Kind extends Frame>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Kind,
): Kind {
  const frame = decodeOrRefuse(bytes, decode)
  // A cheap answer to mistyped input. It proves nothing: whoever forges a frame can compute it.
  if (!timingSafeEqual(sha256(frame.checked), frame.checksum)) {
    throw new KmsError('KMS.2201', 'cipher_text is damaged: its checksum does not match.')
  }
  return frame
}

/** @throws KmsError KMS.2201 when a frame names another key, or more than its id in the key id field */
export function requireKeyId(frame: Frame, keyId: KeyId): void {
  if (Buffer.from(encodeKeyIdField(keyId)).equals(frame.keyIdField)) return
  throw new KmsError('KMS.2201', 'cipher_text was not made under the key that key_id names.')
}

/** @throws KmsError KMS.2201 when a frame names a version that its key does not have */
export function requireVersion(frame: Frame, currentVersion: number): void {
  if (frame.keyVersion >= 1 && frame.keyVersion <= currentVersion) return
  throw new KmsError('KMS.2201', 'cipher_text names a version that its key does not have.')
}

/** The one answer to whatever does not open: a forged frame and a wrong context are not to be told apart. */
export function notAuthentic(cause?: unknown): KmsError {
  return new KmsError(
    'KMS.2201',
    'cipher_text does not open: it was changed, or the encryption context is not the one it was made with.',
    { cause },
  )
}

/** Waits for a call that opens something, and gives {@link notAuthentic} where it does not open. */
export async function orNotAuthentic<Result>(opening: Promise<Result>): Promise<Result> {
  try {
    return await opening
  } catch (error) {
    if (error instanceof HsmError && error.failure === 'not-authentic') throw notAuthentic(error)
    throw error
  }
}

function decodeOrRefuse<Kind>(bytes: Uint8Array, decode: (bytes: Uint8Array) => Kind): Kind {
  try {
    return decode(bytes)
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    throw new KmsError('KMS.2201', `cipher_text is not one of this service. ${error.message}`, {
      cause: error,
    })
  }
}
