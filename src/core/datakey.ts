import { hash, timingSafeEqual } from 'node:crypto'
import { MAX_DATAKEY_BYTES } from '../codec/datakey-frame.js'
import { decodeHex } from '../codec/hex.js'
import { type ErrorCode, KmsError } from './errors.js'

const DIGEST_BYTES = 32

/** SHA-256 of bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/**
 * Reads a whole number of a field that the wire contract writes as text; a JSON number is taken alike.
 *
 * @throws KmsError with `code` when it is no whole number or out of range
 */
export function parseWhole(
  value: string | number,
  rule: {
    readonly field: string
    readonly min: number
    readonly max: number
    readonly code: ErrorCode
  },
): number {
  const number =
    typeof value === 'number' ? value : /^[0-9]{1,15}$/.test(value) ? Number(value) : NaN
  if (!Number.isSafeInteger(number) || number < rule.min || number > rule.max) {
    throw new KmsError(
      rule.code,
      `${rule.field} must be a whole number from ${rule.min} to ${rule.max}, in decimal digits.`,
    )
  }
  return number
}

/** Reads the length of a clear DEK, 1..1024 bytes. */
export function parseDatakeyLength(
  value: string | number,
  { field, code }: { readonly field: string; readonly code: ErrorCode },
): number {
  return parseWhole(value, { field, min: 1, max: MAX_DATAKEY_BYTES, code })
}

/**
 * Reads `plain_text`: hexadecimal of a DEK of `length` bytes, then of its SHA-256, white space allowed anywhere; and
 * checks the digest. The caller owns the bytes returned and zeroes them.
 *
 * KMS API: Encrypting a DEK, plain_text.
 *
 * @throws KmsError KMS.2101 no hexadecimal, KMS.2104 wrong size, KMS.2103 wrong digest
 */
export function parseDigestedDatakey(plainText: string, length: number): Uint8Array {
  const bytes = decodeHex(plainText.replace(/\s+/g, ''))
  if (!bytes) {
    throw new KmsError('KMS.2101', 'plain_text must be hexadecimal with an even number of digits.')
  }
  try {
    if (bytes.length !== length + DIGEST_BYTES) {
      throw new KmsError(
        'KMS.2104',
        'plain_text must be the data key of datakey_plain_length bytes followed by its 32-byte SHA-256 digest.',
      )
    }
    const dek = bytes.subarray(0, length)
    if (!timingSafeEqual(sha256(dek), bytes.subarray(length))) {
      throw new KmsError(
        'KMS.2103',
        'The digest in plain_text is not the SHA-256 of the data key in front of it.',
      )
    }
    // The digest of a short key gives the key away, and nobody will zero it later.
    bytes.fill(0, length)
    return dek
  } catch (error) {
    bytes.fill(0)
    throw error
  }
}
