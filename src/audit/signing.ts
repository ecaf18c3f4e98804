import { createHash } from 'node:crypto'
import { type ChainHead, type SignedRecord, checkpointText } from '../codec/audit-record.js'
import type { Hsm } from '../core/hsm.js'
import type { AuditKey } from '../core/service-keys.js'

/** What signs a chain. */
export interface ChainSigner {
  readonly hsm: Pick<Hsm, 'sign'>
  readonly auditKey: AuditKey
}

/**
 * Has the HSM vouch for a chain up to its head.
 *
 * @throws HsmError
 */
export async function signHead(
  { hsm, auditKey }: ChainSigner,
  type: SignedRecord['type'],
  { writer, n, hash }: ChainHead,
): Promise<Pick<SignedRecord, 'type' | 'signed_n' | 'signed_hash' | 'signature'>> {
  const about = { type, signed_n: n, signed_hash: hash }
  const message = createHash('sha256')
    .update(checkpointText({ ...about, writer }))
    .digest()
  const signature = await hsm.sign({ key: auditKey.key, scheme: 'ecdsa', message })
  return { ...about, signature: Buffer.from(signature).toString('hex') }
}
