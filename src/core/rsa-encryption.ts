import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { KmsError } from './errors.js'
import { HsmError, type HsmLimits } from './hsm.js'
import type { OaepDecryption, OaepHash } from './hsm-data.js'
import type { PairGeneration } from './hsm-pairs.js'
import type { KeyRef } from './ids.js'

/** What encryption under RSA pairs needs: the public key for the one half, the private one for the other. */
export interface RsaEncryption extends OaepDecryption, Pick<PairGeneration, 'publicKey'> {
  readonly limits: Pick<HsmLimits, 'oaepHashes'>
}

const HASH_BYTES: Readonly<Record<OaepHash, number>> = { sha1: 20, sha256: 32 }

/**
 * Encrypts under the public half of an RSA pair, RSAES-OAEP (RFC 8017 section 7.1.1). A public operation, so it is done
 * here, as any client may do it without asking. Zeroes the text.
 *
 * @throws KmsError KMS.2106 when the token could not decrypt it, KMS.2108 when the text is longer than the padding leaves
 * room for
 */
export async function encryptUnderRsa(
  hsm: RsaEncryption,
  request: { readonly key: KeyRef; readonly hash: OaepHash; readonly text: Uint8Array },
): Promise<Uint8Array> {
  const { key, hash, text } = request
  try {
    requireOaep(hsm.limits, hash)
    const publicKey = createPublicKey({
      key: Buffer.from(await hsm.publicKey(key)),
      format: 'der',
      type: 'spki',
    })
    const modulusBytes = (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8
    const ceiling = modulusBytes - 2 * HASH_BYTES[hash] - 2
    if (text.length > ceiling) {
      throw new KmsError(
        'KMS.2108',
        `What is encrypted under this key must not exceed ${ceiling} bytes.`,
      )
    }
    return publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
      text,
    )
  } finally {
    text.fill(0)
  }
}

/**
 * Decrypts what was encrypted under the public half. The caller zeroes the text returned.
 *
 * @throws KmsError KMS.2106 when the token cannot; KMS.0311 when it does not decrypt, for whatever reason
 */
export async function decryptUnderRsa(
  hsm: RsaEncryption,
  request: { readonly key: KeyRef; readonly hash: OaepHash; readonly ciphertext: Uint8Array },
): Promise<Uint8Array> {
  requireOaep(hsm.limits, request.hash)
  try {
    return await hsm.decryptOaep(request)
  } catch (error) {
    if (!(error instanceof HsmError) || error.failure !== 'not-authentic') throw error
    throw new KmsError(
      'KMS.0311',
      'cipher_text does not decrypt under this key and this algorithm.',
      { cause: error },
    )
  }
}

function requireOaep({ oaepHashes }: RsaEncryption['limits'], hash: OaepHash): void {
  if (oaepHashes.includes(hash)) return
  throw new KmsError(
    'KMS.2106',
    `The token of this key does not decrypt RSAES-OAEP with ${hash === 'sha1' ? 'SHA-1' : 'SHA-256'}.`,
  )
}
