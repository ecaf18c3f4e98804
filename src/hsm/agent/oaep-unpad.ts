import { type KeyObject, constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { OaepHash } from '../../core/hsm-data.js'
import { makeThrowAwayPair } from './throw-away-pair.js'

const carriers = new Map<number, KeyObject>()

/**
 * Takes the OAEP padding off a block that raw RSA decrypted. RFC 8017 section 7.1.2 step 3, empty label, MGF1 with the
 * same hash. Nothing where the padding is wrong in whatever way.
 *
 * This must be done in constant time: an answer that tells a first byte that is not zero from a hash that does not fit is
 * Manger's oracle (CRYPTO 2001), which decrypts anything in some thousand questions. A language with a garbage
 * collector and a compiler at run time promises no constant time, so the check is not written here. The block is
 * encrypted under an RSA key of this process's own without padding, and OpenSSL decrypts it with padding: whatever is
 * wrong with it, OpenSSL finds out in its own constant-time check, and answers one error.
 *
 * The modulus of that key is as long as that of the CMK and larger, so that every block that the CMK can give is below it.
 * With a smaller one, a block between the two would be refused early, and would tell what it was.
 */
export function unpadOaep(block: Uint8Array, hash: OaepHash): Buffer | undefined {
  const key = carrier(block.length)
  try {
    const carried = publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block)
    return privateDecrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
      carried,
    )
  } catch {
    return undefined
  }
}

/** Made once per process and modulus size: 40 ms for 2048 bits, half a second for 4096. */
function carrier(bytes: number): KeyObject {
  const known = carriers.get(bytes)
  if (known) return known
  const made = makeThrowAwayPair(bytes)
  carriers.set(bytes, made)
  return made
}
