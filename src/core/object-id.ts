import { type KeyRef, parseKeyId } from './ids.js'

/*
 * How objects on a token are named: CKA_ID of a key version is the 16 bytes of the key id, then the version as 4 bytes
 * big-endian.
 */

const ID_BYTES = 20
const VERSION_DIGITS = 8
const NAME = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{8})$/

/** CKA_ID of a key version, 20 bytes. */
export function objectId(key: KeyRef): Buffer {
  const id = Buffer.alloc(ID_BYTES)
  id.write(key.keyId.replaceAll('-', ''), 0, 'hex')
  id.writeUInt32BE(key.version, ID_BYTES - 4)
  return id
}

/** The same in hexadecimal, 40 digits. */
export function objectName({ keyId, version }: KeyRef): string {
  return keyId.replaceAll('-', '') + version.toString(16).padStart(VERSION_DIGITS, '0')
}

/** The key version that a CKA_ID in hexadecimal names, if it names one. */
export function keyOfObjectName(name: string): KeyRef | undefined {
  const parts = NAME.exec(name)
  const keyId = parseKeyId(parts?.slice(1, 6).join('-') ?? '')
  return keyId && { keyId, version: Number.parseInt(parts?.[6] ?? '', 16) }
}
