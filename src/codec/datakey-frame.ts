import {
  type Frame,
  MalformedBytes,
  decodeFrame,
  encodeFrameHeader,
  frameLength,
  wrappedLength,
} from './frame.js'

/*
 * The data-key frame and the pair frame: `cipher_text` of the data-key calls and `private_key_cipher_text` of the calls
 * for data-key pairs, hexadecimal on the wire. The header, within the layout of every frame (`frame.ts`):
 *
 *   offset   size  field
 *   4        1     algorithm                = 1: a DEK, RFC 5649 wrap + HMAC-SHA-256 tag; 3: the same of a private key
 *   5        1     binding-key generation   from 1
 *   6        2     secret length in bytes   1..1024 of a DEK, 1..4096 of a private key (PKCS#8)
 *
 * and the body:
 *
 *   12       n     RFC 5649 wrap of the secret, n = 8 * ceil(length / 8) + 8
 *   12+n     32    tag
 *
 * For a DEK of 64 bytes the frame has 188 bytes and the key id stands at byte 116, as in the published example of
 * "Encrypting a DEK". Where the token wrapped a private key unseen, its length stands there rounded up to a multiple of
 * 8: the DER itself says where the key ends.
 */

const ALGORITHMS = { datakey: 1, pair: 3 } as const
const TAG_BYTES = 32

/** Longest DEK in bytes. KMS API: Encrypting a DEK, datakey_plain_length. */
export const MAX_DATAKEY_BYTES = 1024

/** Longest private key (PKCS#8) of a pair in bytes. */
export const MAX_PRIVATE_KEY_BYTES = 4096

const MAX_BYTES = { datakey: MAX_DATAKEY_BYTES, pair: MAX_PRIVATE_KEY_BYTES } as const
const BODIES = { min: bodyLength(1), max: bodyLength(MAX_PRIVATE_KEY_BYTES) } as const

/** Longest frame in bytes: the one of the longest private key. */
export const MAX_DATAKEY_FRAME_BYTES = frameLength(BODIES.max)

/** What a frame holds: a DEK, or the private key of a pair. */
export type DatakeyForm = keyof typeof ALGORITHMS

/** What the header of a frame says. */
export interface DatakeyHeader {
  readonly form: DatakeyForm
  readonly bindingGeneration: number
  /** Bytes of the clear secret; of a pair up to 7 more. */
  readonly datakeyLength: number
  readonly keyVersion: number
}

/** A frame taken apart. */
export interface DatakeyFrame extends DatakeyHeader, Frame {
  readonly wrapped: Uint8Array
  readonly tag: Uint8Array
}

function bodyLength(datakeyLength: number): number {
  return wrappedLength(datakeyLength) + TAG_BYTES
}

/** Writes the 12 bytes of the header. */
export function encodeDatakeyHeader(header: DatakeyHeader): Uint8Array {
  const { form, bindingGeneration, datakeyLength, keyVersion } = header
  return encodeFrameHeader(
    { algorithm: ALGORITHMS[form], small: bindingGeneration, large: datakeyLength, keyVersion },
    bodyLength(datakeyLength),
  )
}

/**
 * Takes a frame apart; judges lengths, version and algorithm, but neither checksum nor tag.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeDatakeyFrame(bytes: Uint8Array): DatakeyFrame {
  const { algorithm, small, large, body, ...frame } = decodeFrame(bytes, BODIES)
  const form = formOf(algorithm)
  if (large < 1 || large > MAX_BYTES[form] || bodyLength(large) !== body.length) {
    throw new MalformedBytes('The stated length of its data key does not fit its length.')
  }
  const tagAt = body.length - TAG_BYTES
  return {
    form,
    bindingGeneration: small,
    datakeyLength: large,
    wrapped: body.subarray(0, tagAt),
    tag: body.subarray(tagAt),
    ...frame,
  }
}

function formOf(algorithm: number): DatakeyForm {
  if (algorithm === ALGORITHMS.datakey) return 'datakey'
  if (algorithm === ALGORITHMS.pair) return 'pair'
  throw new MalformedBytes('Its algorithm is not one of a data key.')
}
