import type { KeyRef } from '../../core/ids.js'

const ID_BYTES = 20

/** CKA_ID of a key version: the 16 bytes of the key id, then the version as 4 bytes big-endian. */
export function objectId(key: KeyRef): Buffer {
  const id = Buffer.alloc(ID_BYTES)
  id.write(key.keyId.replaceAll('-', ''), 0, 'hex')
  id.writeUInt32BE(key.version, ID_BYTES - 4)
  return id
}
