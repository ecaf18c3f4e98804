import type { KeyRef } from '../../core/ids.js'

const ID_BYTES = 20
const VERSION_DIGITS = 8

/** CKA_ID of a key version: the 16 bytes of the key id, then the version as 4 bytes big-endian. */
export function objectId(key: KeyRef): Buffer {
  const id = Buffer.alloc(ID_BYTES)
  id.write(key.keyId.replaceAll('-', ''), 0, 'hex')
  id.writeUInt32BE(key.version, ID_BYTES - 4)
  return id
}

/** The same in hexadecimal, 40 digits. */
export function objectName(key: KeyRef): string {
  return key.keyId.replaceAll('-', '') + key.version.toString(16).padStart(VERSION_DIGITS, '0')
}
