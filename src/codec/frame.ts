/*
 * What all frames of ciphertext have in common. Integers are little-endian.
 *
 *   offset   size  field
 *   0        2     frame version            = 2
 *   2        2     payload length           = total length - 36
 *   4        1     algorithm
 *   5        1     parameter of the algorithm, in one byte
 *   6        2     parameter of the algorithm, in two bytes
 *   8        4     key version              from 1
 *   12       b     body
 *   12+b     40    key id, 36 ASCII characters and 4 zero bytes
 *   52+b     32    SHA-256 of bytes 0 .. 51+b
 */

const FRAME_VERSION = 2
const HEADER_BYTES = 12
const KEY_ID_CHARACTERS = 36
const KEY_ID_FIELD_BYTES = 40
const CHECKSUM_BYTES = 32
/** What the payload length does not count: the first four bytes and the checksum. */
const UNCOUNTED_BYTES = 4 + CHECKSUM_BYTES

/** Bytes that do not form what they should. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}

/** What the header of every frame says. */
export interface FrameHeader {
  readonly algorithm: number
  /** One byte, whose meaning is the algorithm's. */
  readonly small: number
  /** Two bytes, whose meaning is the algorithm's. */
  readonly large: number
  readonly keyVersion: number
}

/** The outside of a frame taken apart. */
export interface Frame {
  readonly keyVersion: number
  readonly headerBytes: Uint8Array
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

/** Bytes of a frame with a body of `bodyLength` bytes. */
export function frameLength(bodyLength: number): number {
  return HEADER_BYTES + bodyLength + KEY_ID_FIELD_BYTES + CHECKSUM_BYTES
}

/** Writes the 12 bytes of the header. */
export function encodeFrameHeader(header: FrameHeader, bodyLength: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt16LE(FRAME_VERSION, 0)
  bytes.writeUInt16LE(frameLength(bodyLength) - UNCOUNTED_BYTES, 2)
  bytes.writeUInt8(header.algorithm, 4)
  bytes.writeUInt8(header.small, 5)
  bytes.writeUInt16LE(header.large, 6)
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
  readonly body: readonly Uint8Array[]
  readonly keyIdField: Uint8Array
}): Uint8Array {
  return Buffer.concat([parts.header, ...parts.body, parts.keyIdField])
}

/**
 * Takes the outside of a frame apart; judges version and lengths, but neither algorithm nor checksum.
 *
 * `bodies`: the lengths that a body may have.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeFrame(
  bytes: Uint8Array,
  bodies: { readonly min: number; readonly max: number },
): Frame & FrameHeader & { readonly body: Uint8Array } {
  if (bytes.length < frameLength(bodies.min)) throw new MalformedBytes('It is too short.')
  if (bytes.length > frameLength(bodies.max)) throw new MalformedBytes('It is too long.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint16(0, true) !== FRAME_VERSION) {
    throw new MalformedBytes('Its version is unknown.')
  }
  if (view.getUint16(2, true) !== bytes.length - UNCOUNTED_BYTES) {
    throw new MalformedBytes('It is truncated or padded: its stated length is not its length.')
  }
  const checksumAt = bytes.length - CHECKSUM_BYTES
  const keyIdAt = checksumAt - KEY_ID_FIELD_BYTES
  const keyIdField = bytes.subarray(keyIdAt, checksumAt)
  return {
    algorithm: view.getUint8(4),
    small: view.getUint8(5),
    large: view.getUint16(6, true),
    keyVersion: view.getUint32(8, true),
    headerBytes: bytes.subarray(0, HEADER_BYTES),
    body: bytes.subarray(HEADER_BYTES, keyIdAt),
    keyIdField,
    keyId: Buffer.from(keyIdField.subarray(0, KEY_ID_CHARACTERS)).toString('latin1'),
    checked: bytes.subarray(0, checksumAt),
    checksum: bytes.subarray(checksumAt),
  }
}
