/*
 * An ECDSA signature in its two forms: r ‖ s, each as long as the order of the curve, and DER (RFC 3279 section 2.2.3):
 *
 *   30 length   02 length r   02 length s
 *
 * Integers have the fewest bytes that keep them positive; the lengths of P-521 need a second byte (81).
 */

const SEQUENCE = 0x30
const INTEGER = 0x02
const LONG_LENGTH = 0x81

/** Writes r ‖ s as DER. */
export function encodeEcdsaSignature(plain: Uint8Array): Uint8Array {
  const half = plain.length / 2
  const body = Buffer.concat([
    encodeInteger(plain.subarray(0, half)),
    encodeInteger(plain.subarray(half)),
  ])
  const length = body.length < 0x80 ? [body.length] : [LONG_LENGTH, body.length]
  return Buffer.concat([Buffer.of(SEQUENCE, ...length), body])
}

/**
 * Reads DER to r ‖ s, each of `orderBytes` bytes. Only the one right encoding is read (X.690 section 10), so that nobody
 * can make a second signature of a good one by writing it otherwise.
 *
 * @returns nothing for any other bytes
 */
export function decodeEcdsaSignature(
  bytes: Uint8Array,
  orderBytes: number,
): Uint8Array | undefined {
  const long = bytes[1] === LONG_LENGTH
  const start = long ? 3 : 2
  const length = long ? bytes[2] : bytes[1]
  if (bytes[0] !== SEQUENCE || length === undefined || start + length !== bytes.length) {
    return undefined
  }
  if (long ? length < 0x80 : length >= 0x80) return undefined
  const r = decodeInteger(bytes.subarray(start))
  if (!r || r.value.length > orderBytes) return undefined
  const s = decodeInteger(bytes.subarray(start + r.read))
  if (!s || s.value.length > orderBytes || start + r.read + s.read !== bytes.length) {
    return undefined
  }
  const plain = new Uint8Array(2 * orderBytes)
  plain.set(r.value, orderBytes - r.value.length)
  plain.set(s.value, 2 * orderBytes - s.value.length)
  return plain
}

function encodeInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  const value = first < 0 ? bytes.subarray(bytes.length - 1) : bytes.subarray(first)
  const sign = (value[0] ?? 0) >= 0x80 ? [0] : []
  return Buffer.concat([Buffer.of(INTEGER, sign.length + value.length, ...sign), value])
}

/** The value without its sign byte, and how many bytes the integer takes. */
function decodeInteger(
  bytes: Uint8Array,
): { readonly value: Uint8Array; readonly read: number } | undefined {
  const [tag, length = 0, first = 0, second = 0] = bytes
  if (tag !== INTEGER || length < 1 || length >= 0x80 || 2 + length > bytes.length) return undefined
  // A negative number, or a zero byte that keeps nothing positive.
  if (first >= 0x80 || (first === 0 && length > 1 && second < 0x80)) return undefined
  const from = first === 0 && length > 1 ? 3 : 2
  return { value: bytes.subarray(from, 2 + length), read: 2 + length }
}
