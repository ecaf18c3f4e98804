import { type KeyRef, parseKeyId } from '../core/ids.js'

/*
 * CKA_ID of a key, in hexadecimal: the 16 bytes of the key id, then the version as 4 bytes big-endian.
 */

const VERSION_DIGITS = 8
const PATTERN = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{8})$/

/** The hexadecimal CKA_ID that a key must have. */
export function objectIdOf({ keyId, version }: KeyRef): string {
  return keyId.replaceAll('-', '') + version.toString(16).padStart(VERSION_DIGITS, '0')
}

/** The key that a hexadecimal CKA_ID names, if it names one. */
export function keyOfObjectId(id: string): KeyRef | undefined {
  const parts = PATTERN.exec(id)
  const keyId = parseKeyId(parts?.slice(1, 6).join('-') ?? '')
  return keyId && { keyId, version: Number.parseInt(parts?.[6] ?? '', 16) }
}
