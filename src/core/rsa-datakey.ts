import { KmsError } from './errors.js'
import type { Randomness } from './hsm.js'
import type { KeyRef } from './ids.js'
import { type RsaEncryption, encryptUnderRsa } from './rsa-encryption.js'

/*
 * Data keys under an RSA master key: the bare RSAES-OAEP ciphertext with SHA-256, since clients make such ciphertext
 * themselves from the public key.
 */

/** Hash of the padding. */
export const RSA_DATAKEY_HASH = 'sha256'

/** The room that OAEP with SHA-256 leaves in RSA-2048, whatever the size of the key. KMS API: 1520 bits. */
const MAX_BYTES = 190

/** @throws KmsError KMS.1904 */
export function requireRsaDatakey(length: number): void {
  if (length <= MAX_BYTES) return
  throw new KmsError(
    'KMS.1904',
    `A data key under an RSA master key must not exceed ${8 * MAX_BYTES} bits.`,
  )
}

/** Encrypts a DEK that the caller gave. The DEK stays the caller's, who zeroes it. */
export function sealDatakeyUnderRsa(
  hsm: RsaEncryption,
  { key, dek }: { readonly key: KeyRef; readonly dek: Uint8Array },
): Promise<Uint8Array> {
  return encryptUnderRsa(hsm, { key, hash: RSA_DATAKEY_HASH, text: Uint8Array.from(dek) })
}

/** Draws a DEK from the token's generator, and returns it both clear and encrypted. The caller zeroes the clear one. */
export async function generateDatakeyUnderRsa(
  hsm: RsaEncryption & Randomness,
  { key, length }: { readonly key: KeyRef; readonly length: number },
): Promise<{ readonly dek: Uint8Array; readonly frame: Uint8Array }> {
  const dek = await hsm.random(length)
  try {
    return { dek, frame: await sealDatakeyUnderRsa(hsm, { key, dek }) }
  } catch (error) {
    dek.fill(0)
    throw error
  }
}
