import { decodeBase64 } from '../codec/base64.js'
import { type ErrorCode, KmsError } from '../core/errors.js'

/**
 * Decodes a field that is base64 of at least one byte.
 *
 * @throws KmsError with `code`
 */
export function readBase64(
  text: string,
  rule: { readonly field: string; readonly max: number; readonly code?: ErrorCode },
): Uint8Array {
  const bytes = decodeBase64(text)
  if (bytes && bytes.length >= 1 && bytes.length <= rule.max) return bytes
  throw new KmsError(
    rule.code ?? 'KMS.0308',
    `${rule.field} must be base64, with its padding, of 1 to ${rule.max} bytes.`,
  )
}
