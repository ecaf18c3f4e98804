import { constants, privateDecrypt } from 'node:crypto'
import { HsmError } from '../../src/core/hsm.js'
import type { OaepHash } from '../../src/core/hsm-data.js'
import type { MemoryPair, MemoryToken } from './memory-token.js'

/** RSA OAEP decryption by a pair; nothing where the ciphertext does not open. */
export function openOaep(
  { limits }: MemoryToken,
  { algorithm, privateKey }: MemoryPair,
  { hash, ciphertext }: { readonly hash: OaepHash; readonly ciphertext: Uint8Array },
): Buffer | undefined {
  if (!limits.oaepHashes.includes(hash) || !algorithm.startsWith('rsa-')) {
    throw new HsmError('unsupported', `The token has no RSA OAEP with ${hash} for ${algorithm}.`)
  }
  try {
    return privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
      ciphertext,
    )
  } catch {
    return undefined
  }
}
