import pkcs11, { type Mechanism } from 'pkcs11js'
import { call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

/** Bytes of the IV; SP 800-38D section 8.2.2. */
export const IV_BYTES = 12
/** Bytes of the tag, which follows the ciphertext. */
export const TAG_BYTES = 16

/** What AES-GCM works with beside the text: PKCS#11 v3.1 section 6.13.1. */
export interface GcmRequest {
  /** Handle of an AES key. */
  readonly key: Buffer
  readonly iv: Uint8Array
  readonly associated: Uint8Array
}

/** Encrypts, and appends the tag. */
export function gcmEncrypt(
  { lib, handle: session }: OpenSession,
  request: GcmRequest,
  text: Buffer,
): Buffer {
  call('C_EncryptInit', () => lib.C_EncryptInit(session, mechanism(request), request.key))
  const space = Buffer.alloc(text.length + TAG_BYTES)
  return call('C_Encrypt', () => lib.C_Encrypt(session, text, space))
}

/**
 * Verifies the tag and decrypts. `sealed` must be longer than a tag: an empty call leaves the operation of SoftHSM 2.6.1
 * open for ever.
 */
export function gcmDecrypt(
  { lib, handle: session }: OpenSession,
  request: GcmRequest,
  sealed: Uint8Array,
): Buffer {
  call('C_DecryptInit', () => lib.C_DecryptInit(session, mechanism(request), request.key))
  const space = Buffer.alloc(sealed.length)
  return call('C_Decrypt', () => lib.C_Decrypt(session, Buffer.from(sealed), space))
}

function mechanism({ iv, associated }: GcmRequest): Mechanism {
  const parameter = {
    type: pkcs11.CK_PARAMS_AES_GCM_v240,
    iv: Buffer.from(iv),
    ivBits: 8 * IV_BYTES,
    aad: Buffer.from(associated),
    tagBits: 8 * TAG_BYTES,
  }
  return { mechanism: pkcs11.CKM_AES_GCM, parameter }
}
