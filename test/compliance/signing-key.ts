import { type KeyObject, createPublicKey } from 'node:crypto'
import type { ManifestSigner } from '../../src/compliance/evidence/sign-manifest.js'
import { newKeyId } from '../../src/core/ids.js'
import { createMemoryHsm } from '../support/memory-hsm.js'

/** An audit key of an HSM in memory. */
export interface SigningKey {
  readonly signer: ManifestSigner
  readonly publicKey: KeyObject
}

/** Makes an audit key, as the service does. */
export async function newSigningKey(): Promise<SigningKey> {
  const hsm = createMemoryHsm()
  const key = { keyId: newKeyId(), version: 1 }
  const der = await hsm.generatePair({
    key,
    algorithm: 'ec-p256',
    use: 'sign',
    label: 'kms/audit',
  })
  return {
    signer: { hsm, auditKey: { key, publicKey: der } },
    publicKey: createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
  }
}
