import { MalformedBytes } from './frame.js'

/*
 * The import token: `import_token` of the import calls, base64 on the wire. Integers are little-endian.
 *
 *   offset   size  field
 *   0        2     token version          = 1
 *   2        1     binding-key generation from 1
 *   3        1     hash of RSA OAEP       1: SHA-1, 2: SHA-256
 *   4        36    key id of the CMK in ASCII
 *   40       36    key id of the import pair in ASCII
 *   76       4     version of the import pair
 *   80       8     issued, seconds since 1970
 *   88       8     expires, seconds since 1970
 *   96       32    random bytes
 *   128      32    HMAC-SHA-256 tag
 *
 * 160 bytes are 216 characters of base64; the wire contract wants 200 at least.
 */

const TOKEN_VERSION = 1
const ID_CHARACTERS = 36
const TAG_AT = 128
const TOKEN_BYTES = 160

/** Bytes of the part of a token that keeps any two of them different. */
export const IMPORT_NONCE_BYTES = 32

/** What a token says, its tag aside. */
export interface ImportTokenFields {
  readonly bindingGeneration: number
  readonly hash: 'sha1' | 'sha256'
  readonly cmkId: string
  readonly pairId: string
  readonly pairVersion: number
  /** Seconds since 1970. */
  readonly issuedAt: number
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** A token taken apart. */
export interface ImportTokenParts extends ImportTokenFields {
  /** All that the tag covers. */
  readonly tagged: Uint8Array
  readonly tag: Uint8Array
}

/** Writes the 128 bytes that the tag covers. */
export function encodeImportToken(fields: ImportTokenFields, nonce: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(TAG_AT)
  bytes.writeUInt16LE(TOKEN_VERSION, 0)
  bytes.writeUInt8(fields.bindingGeneration, 2)
  bytes.writeUInt8(fields.hash === 'sha1' ? 1 : 2, 3)
  bytes.write(fields.cmkId, 4, ID_CHARACTERS, 'latin1')
  bytes.write(fields.pairId, 40, ID_CHARACTERS, 'latin1')
  bytes.writeUInt32LE(fields.pairVersion, 76)
  bytes.writeBigUInt64LE(BigInt(fields.issuedAt), 80)
  bytes.writeBigUInt64LE(BigInt(fields.expiresAt), 88)
  bytes.set(nonce.subarray(0, IMPORT_NONCE_BYTES), 96)
  return bytes
}

/**
 * Takes a token apart; judges version, hash and length, but not the tag.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeImportToken(bytes: Uint8Array): ImportTokenParts {
  if (bytes.length !== TOKEN_BYTES) throw new MalformedBytes('Its length is not that of a token.')
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.readUInt16LE(0) !== TOKEN_VERSION) throw new MalformedBytes('Its version is unknown.')
  const hash = view.readUInt8(3)
  if (hash !== 1 && hash !== 2) throw new MalformedBytes('Its hash is unknown.')
  return {
    bindingGeneration: view.readUInt8(2),
    hash: hash === 1 ? 'sha1' : 'sha256',
    cmkId: view.toString('latin1', 4, 4 + ID_CHARACTERS),
    pairId: view.toString('latin1', 40, 40 + ID_CHARACTERS),
    pairVersion: view.readUInt32LE(76),
    issuedAt: Number(view.readBigUInt64LE(80)),
    expiresAt: Number(view.readBigUInt64LE(88)),
    tagged: bytes.subarray(0, TAG_AT),
    tag: bytes.subarray(TAG_AT),
  }
}
