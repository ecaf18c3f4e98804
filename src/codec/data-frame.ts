import { type Frame, MalformedBytes, decodeFrame, encodeFrameHeader, frameLength } from './frame.js'

/*
 * The data frame: `cipher_text` of EncryptData under a symmetric key, base64 on the wire. The header, within the layout
 * of every frame (`frame.ts`):
 *
 *   offset   size  field
 *   4        1     algorithm                = 2: fresh AES-256 key, RFC 5649 wrap, AES-256-GCM
 *   5        3     reserved                 = 0
 *
 * and the body:
 *
 *   12       40    RFC 5649 wrap of the message key
 *   52       12    IV
 *   64       m     ciphertext, as long as the text, 1..4096
 *   64+m     16    GCM tag
 */

const ALGORITHM = 2
const WRAPPED_BYTES = 40
const IV_BYTES = 12
const TAG_BYTES = 16

/** Longest text in bytes. KMS API: Encrypting data, plain_text. */
export const MAX_TEXT_BYTES = 4096

const BODIES = { min: bodyLength(1), max: bodyLength(MAX_TEXT_BYTES) } as const

/** Longest frame in bytes: the one of the longest text. */
export const MAX_DATA_FRAME_BYTES = frameLength(BODIES.max)

/** What the header of a frame says. */
export interface DataHeader {
  readonly keyVersion: number
  /** Bytes of the clear text. */
  readonly textLength: number
}

/** A frame taken apart. */
export interface DataFrame extends DataHeader, Frame {
  readonly wrapped: Uint8Array
  readonly iv: Uint8Array
  /** Ciphertext and GCM tag. */
  readonly sealed: Uint8Array
}

function bodyLength(textLength: number): number {
  return WRAPPED_BYTES + IV_BYTES + textLength + TAG_BYTES
}

/** Writes the 12 bytes of the header. */
export function encodeDataHeader({ keyVersion, textLength }: DataHeader): Uint8Array {
  return encodeFrameHeader(
    { algorithm: ALGORITHM, small: 0, large: 0, keyVersion },
    bodyLength(textLength),
  )
}

/**
 * Takes a frame apart; judges lengths, version and algorithm, but neither checksum nor tag.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeDataFrame(bytes: Uint8Array): DataFrame {
  const { algorithm, small, large, body, ...frame } = decodeFrame(bytes, BODIES)
  if (algorithm !== ALGORITHM) throw new MalformedBytes('Its algorithm is not one of a text.')
  if (small !== 0 || large !== 0) throw new MalformedBytes('Its reserved bytes are not zero.')
  const sealedAt = WRAPPED_BYTES + IV_BYTES
  return {
    textLength: body.length - sealedAt - TAG_BYTES,
    wrapped: body.subarray(0, WRAPPED_BYTES),
    iv: body.subarray(WRAPPED_BYTES, sealedAt),
    sealed: body.subarray(sealedAt),
    ...frame,
  }
}
