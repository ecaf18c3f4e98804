import { MalformedBytes, wrappedLength } from './frame.js'

/*
 * The credential record: a sealed secret access key as it rests in the store. Integers are little-endian.
 *
 *   offset   size  field
 *   0        1     record version             = 1: RFC 5649 wrap + HMAC-SHA-256 tag
 *   1        1     binding-key generation     from 1
 *   2        2     secret length in bytes     1..1024
 *   4        4     credential-key generation  from 1
 *   8        n     RFC 5649 wrap of the secret, n = 8 * ceil(length / 8) + 8
 *   8+n      32    tag
 */

const RECORD_VERSION = 1
const HEADER_BYTES = 8
const TAG_BYTES = 32

/** Longest secret access key in bytes. */
export const MAX_CREDENTIAL_SECRET_BYTES = 1024

/** What the header of a record says. */
export interface CredentialHeader {
  readonly bindingGeneration: number
  readonly credentialGeneration: number
  /** Bytes of the clear secret. */
  readonly secretLength: number
}

/** A record taken apart. */
export interface CredentialRecord extends CredentialHeader {
  readonly headerBytes: Uint8Array
  readonly wrapped: Uint8Array
  readonly tag: Uint8Array
}

/** Writes the 8 bytes of the header. */
export function encodeCredentialHeader(header: CredentialHeader): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt8(RECORD_VERSION, 0)
  bytes.writeUInt8(header.bindingGeneration, 1)
  bytes.writeUInt16LE(header.secretLength, 2)
  bytes.writeUInt32LE(header.credentialGeneration, 4)
  return bytes
}

/** Puts a record together. */
export function encodeCredentialRecord(parts: {
  readonly header: Uint8Array
  readonly wrapped: Uint8Array
  readonly tag: Uint8Array
}): Uint8Array {
  return Buffer.concat([parts.header, parts.wrapped, parts.tag])
}

/**
 * Takes a record apart; judges version and lengths, but not the tag.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeCredentialRecord(bytes: Uint8Array): CredentialRecord {
  if (bytes.length < HEADER_BYTES) throw new MalformedBytes('It is too short.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== RECORD_VERSION) throw new MalformedBytes('Its version is unknown.')
  const secretLength = view.getUint16(2, true)
  const tagAt = HEADER_BYTES + wrappedLength(secretLength)
  if (
    secretLength < 1 ||
    secretLength > MAX_CREDENTIAL_SECRET_BYTES ||
    tagAt + TAG_BYTES !== bytes.length
  ) {
    throw new MalformedBytes('The stated length of its secret does not fit its length.')
  }
  return {
    bindingGeneration: view.getUint8(1),
    credentialGeneration: view.getUint32(4, true),
    secretLength,
    headerBytes: bytes.subarray(0, HEADER_BYTES),
    wrapped: bytes.subarray(HEADER_BYTES, tagAt),
    tag: bytes.subarray(tagAt),
  }
}
