import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { OaepHash } from '../core/hsm-data.js'
import { decryptUnderRsa } from '../core/rsa-encryption.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'
import { firstAnswer } from './pair-versions.js'

/**
 * Decrypts a bare RSA ciphertext, which names no version of its key. The caller zeroes the text returned.
 *
 * @throws KmsError KMS.0311, KMS.2106 of the newest version where none decrypts it; KMS.0340, HsmError
 */
export async function rsaText(
  service: Service,
  call: Pick<ProjectCall, 'trace'>,
  cmk: Cmk,
  { hash, ciphertext }: { readonly hash: OaepHash; readonly ciphertext: Uint8Array },
): Promise<Uint8Array> {
  let refusal: KmsError | undefined
  const text = await firstAnswer(service, call, cmk, async (key, { hsm }) => {
    try {
      return await decryptUnderRsa(hsm, { key, hash, ciphertext })
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      refusal ??= error
      return undefined
    }
  })
  if (text) return text
  throw refusal ?? new KmsError('KMS.0311')
}
