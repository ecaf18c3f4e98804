/*
 * Just enough DER (X.690) to write a SubjectPublicKeyInfo and to read the OCTET STRING that an EC point comes in.
 */

const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const NULL = 0x05
const SEQUENCE = 0x30
/** Lengths from here on are written in a byte that says how many bytes follow. X.690 section 8.1.3.5. */
const LONG_FORM = 0x80

/** A SEQUENCE of encoded values. */
export function sequence(...values: readonly Buffer[]): Buffer {
  return encode(SEQUENCE, Buffer.concat(values))
}

/** The INTEGER of an unsigned big-endian number. */
export function unsignedInteger(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Buffer.alloc(1) : bytes.subarray(first)
  // The first bit is the sign: X.690 section 8.3.3.
  return encode(
    INTEGER,
    digits.readUInt8(0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits,
  )
}

/** A BIT STRING of whole bytes. */
export function bitString(bytes: Buffer): Buffer {
  return encode(BIT_STRING, Buffer.concat([Buffer.alloc(1), bytes]))
}

/** NULL. */
export function nothing(): Buffer {
  return encode(NULL, Buffer.alloc(0))
}

/** An OCTET STRING. */
export function octetString(bytes: Buffer): Buffer {
  return encode(OCTET_STRING, bytes)
}

/** The content of an OCTET STRING of which the length of the content is known; nothing where it is none. */
export function octetStringOf(bytes: Buffer, length: number): Buffer | undefined {
  const content = bytes.subarray(bytes.length - length)
  return octetString(content).equals(bytes) ? content : undefined
}

function encode(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < LONG_FORM) return Buffer.of(length)
  const digits = length < 0x100 ? Buffer.of(length) : Buffer.of(length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(LONG_FORM | digits.length), digits])
}
