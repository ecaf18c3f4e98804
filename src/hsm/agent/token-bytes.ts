/** Memory for nothing. */
const SOMEWHERE = Buffer.alloc(8)

/**
 * The bytes in a form that pkcs11js passes on: it gives the library a null pointer for a Buffer of no length and no
 * memory, which tokens refuse with CKR_ARGUMENTS_BAD, and then the operation stays active.
 */
export function tokenBytes(bytes: Uint8Array): Buffer {
  return bytes.length === 0
    ? SOMEWHERE.subarray(0, 0)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
