import { parseWhole } from './datakey.js'
import { type ErrorCode, KmsError } from './errors.js'

/** Most bits that one call draws. KMS API: dataKeyBits and randomBits, 8..8192. */
const MAX_BITS = 8192

/**
 * Reads a length that the wire contract states in bits, and returns it in bytes.
 *
 * @throws KmsError with `range` when it is no number from 8 to 8192, with `whole` when it is no multiple of 8
 */
export function parseBits(
  value: string | number,
  rule: { readonly field: string; readonly range: ErrorCode; readonly whole: ErrorCode },
): number {
  const bits = parseWhole(value, { field: rule.field, min: 8, max: MAX_BITS, code: rule.range })
  if (bits % 8 !== 0) {
    throw new KmsError(rule.whole, `${rule.field} is a number of bits: it must be a multiple of 8.`)
  }
  return bits / 8
}
