/*
 * The data-key frame: `cipher_text` of the data-key calls, hexadecimal on the wire. Integers are little-endian.
 *
 *   offset   size  field
 *   0        2     frame version            = 2
 *   2        2     payload length           = total length - 36
 *   4        1     algorithm                = 1: RFC 5649 wrap + HMAC-SHA-256 tag
 *   5        1     binding-key generation   from 1
 *   6        2     DEK length in bytes      1..1024
 *   8        4     key version              from 1
 *   12       n     RFC 5649 wrap of the DEK, n = 8 * ceil(length / 8) + 8
 *   12+n     32    tag
 *   44+n     40    key id, 36 ASCII characters and 4 zero bytes
 *   84+n     32    SHA-256 of bytes 0 .. 83+n
 *
 * For a DEK of 64 bytes the frame has 188 bytes and the key id stands at byte 116, as in the published example of
 * "Encrypting a DEK".
 */

const FRAME_VERSION = 2
const ALGORITHM_KWP_HMAC = 1
const HEADER_BYTES = 12
const TAG_BYTES = 32
const KEY_ID_CHARACTERS = 36
const KEY_ID_FIELD_BYTES = 40
const CHECKSUM_BYTES = 32
/** What the payload length does not count: the first four bytes and the checksum. */
const UNCOUNTED_BYTES = 4 + CHECKSUM_BYTES

/** Longest DEK in bytes. KMS API: Encrypting a DEK, datakey_plain_length. */
export const MAX_DATAKEY_BYTES = 1024

/** Longest frame in bytes: the one of the longest DEK. */
export const MAX_DATAKEY_FRAME_BYTES = frameLength(MAX_DATAKEY_BYTES)

/** Bytes that do not form a frame. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}

/** What the header of a frame says. */
export interface DatakeyHeader {
  readonly bindingGeneration: number
  /** Bytes of the clear DEK. */
  readonly datakeyLength: number
  readonly keyVersion: number
}

/** A frame taken apart. */
export interface DatakeyFrame extends DatakeyHeader {
  readonly headerBytes: Uint8Array
  readonly wrapped: Uint8Array
  readonly tag: Uint8Array
  readonly keyIdField: Uint8Array
  readonly keyId: string
  /** Everything before the checksum. */
  readonly checked: Uint8Array
  readonly checksum: Uint8Array
}

/** Bytes of the RFC 5649 wrap of a secret of `length` bytes (RFC 5649 section 4.1). */
export function wrappedLength(length: number): number {
  return 8 * Math.ceil(length / 8) + 8
}

function frameLength(datakeyLength: number): number {
  return (
    HEADER_BYTES + wrappedLength(datakeyLength) + TAG_BYTES + KEY_ID_FIELD_BYTES + CHECKSUM_BYTES
  )
}

/** Writes the 12 bytes of the header. */
export function encodeDatakeyHeader(header: DatakeyHeader): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt16LE(FRAME_VERSION, 0)
  bytes.writeUInt16LE(frameLength(header.datakeyLength) - UNCOUNTED_BYTES, 2)
  bytes.writeUInt8(ALGORITHM_KWP_HMAC, 4)
  bytes.writeUInt8(header.bindingGeneration, 5)
  bytes.writeUInt16LE(header.datakeyLength, 6)
  bytes.writeUInt32LE(header.keyVersion, 8)
  return bytes
}

/** Writes the 40 bytes of the key id field. */
export function encodeKeyIdField(keyId: string): Uint8Array {
  const bytes = Buffer.alloc(KEY_ID_FIELD_BYTES)
  bytes.write(keyId, 0, KEY_ID_CHARACTERS, 'latin1')
  return bytes
}

/** Puts the parts before the checksum together. */
export function encodeChecked(parts: {
  readonly header: Uint8Array
  readonly wrapped: Uint8Array
  readonly tag: Uint8Array
  readonly keyIdField: Uint8Array
}): Uint8Array {
  return Buffer.concat([parts.header, parts.wrapped, parts.tag, parts.keyIdField])
}

/**
 * Takes a frame apart; judges lengths, version and algorithm, but neither checksum nor tag.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeDatakeyFrame(bytes: Uint8Array): DatakeyFrame {
  if (bytes.length < frameLength(1)) throw new MalformedBytes('It is too short.')
  if (bytes.length > MAX_DATAKEY_FRAME_BYTES) throw new MalformedBytes('It is too long.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint16(0, true) !== FRAME_VERSION) {
    throw new MalformedBytes('Its version is unknown.')
  }
  if (view.getUint16(2, true) !== bytes.length - UNCOUNTED_BYTES) {
    throw new MalformedBytes('It is truncated or padded: its stated length is not its length.')
  }
  if (view.getUint8(4) !== ALGORITHM_KWP_HMAC) {
    throw new MalformedBytes('Its algorithm is not one of a data key.')
  }
  const datakeyLength = view.getUint16(6, true)
  if (datakeyLength < 1 || frameLength(datakeyLength) !== bytes.length) {
    throw new MalformedBytes('The stated length of its data key does not fit its length.')
  }
  const tagAt = HEADER_BYTES + wrappedLength(datakeyLength)
  const keyIdAt = tagAt + TAG_BYTES
  const checksumAt = keyIdAt + KEY_ID_FIELD_BYTES
  const keyIdField = bytes.subarray(keyIdAt, checksumAt)
  return {
    bindingGeneration: view.getUint8(5),
    datakeyLength,
    keyVersion: view.getUint32(8, true),
    headerBytes: bytes.subarray(0, HEADER_BYTES),
    wrapped: bytes.subarray(HEADER_BYTES, tagAt),
    tag: bytes.subarray(tagAt, keyIdAt),
    keyIdField,
    keyId: Buffer.from(keyIdField.subarray(0, KEY_ID_CHARACTERS)).toString('latin1'),
    checked: bytes.subarray(0, checksumAt),
    checksum: bytes.subarray(checksumAt),
  }
}
