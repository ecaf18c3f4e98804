import { createHash, createPublicKey, verify } from 'node:crypto'
import { encodeEcdsaSignature } from '../../codec/ecdsa-signature.js'
import type { Hsm } from '../../core/hsm.js'
import type { AuditKey } from '../../core/service-keys.js'
import { manifestText } from './manifest.js'

/** What signs a manifest. */
export interface ManifestSigner {
  readonly hsm: Pick<Hsm, 'sign'>
  readonly auditKey: AuditKey
}

/** The HSM gave a signature that its own public key does not confirm: nothing may be handed out with it. */
export class UselessSignature extends Error {
  override readonly name = 'UselessSignature'
}

/**
 * Has the HSM sign a manifest, and returns the signature as DER. No object is made for it.
 *
 * @throws HsmError
 * @throws UselessSignature
 */
export async function signManifest(
  { hsm, auditKey }: ManifestSigner,
  manifest: Uint8Array,
): Promise<Uint8Array> {
  const text = Buffer.from(manifestText(manifest))
  const message = createHash('sha256').update(text).digest()
  const plain = await hsm.sign({ key: auditKey.key, scheme: 'ecdsa', message })
  const signature = encodeEcdsaSignature(plain)
  const publicKey = createPublicKey({
    key: Buffer.from(auditKey.publicKey),
    format: 'der',
    type: 'spki',
  })
  if (!verify('sha256', text, publicKey, signature)) {
    throw new UselessSignature('The signature of the HSM is not one of the audit key.')
  }
  return signature
}
