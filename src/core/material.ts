import { cmkLabel } from './cmk.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'
import type { Hsm, HsmLimits } from './hsm.js'
import type { KeyRef } from './ids.js'
import { type KeySpec, type KeyUsage, keySpecRow, pairUse } from './key-specs.js'

/**
 * Generates the material of a version of a CMK on the token, and returns its check value: that of the secret, or
 * SHA-256 of the public key.
 */
export async function generateMaterial(
  hsm: Hsm,
  request: { readonly key: KeyRef; readonly spec: KeySpec; readonly usage: KeyUsage },
): Promise<Uint8Array> {
  const { key } = request
  const label = cmkLabel(key)
  const row = keySpecRow(request.spec)
  if (row.form === 'secret') return await hsm.generateKey({ key, kind: row.algorithm, label })
  const use = pairUse(request.usage)
  if (use === undefined) throw new TypeError(`A pair cannot be made for ${request.usage}.`)
  return sha256(await hsm.generatePair({ key, algorithm: row.algorithm, use, label }))
}

/** Whether the token makes keys of a specification, which are of use on it. */
export function isMakeable(
  { algorithms, agrees }: HsmLimits,
  { spec, usage }: { readonly spec: KeySpec; readonly usage: KeyUsage },
): boolean {
  return algorithms.includes(keySpecRow(spec).algorithm) && (usage !== 'KEY_AGREEMENT' || agrees)
}

/** @throws KmsError KMS.1110 when the token does not make keys of a specification, or such keys are of no use on it */
export function requireMakeable(
  { algorithms, agrees }: HsmLimits,
  { spec, usage }: { readonly spec: KeySpec; readonly usage: KeyUsage },
): void {
  if (!algorithms.includes(keySpecRow(spec).algorithm)) {
    throw new KmsError(
      'KMS.1110',
      `The token of this keystore does not make keys of the specification ${spec}.`,
    )
  }
  if (usage === 'KEY_AGREEMENT' && !agrees) {
    throw new KmsError('KMS.1110', 'The token of this keystore has no keys for KEY_AGREEMENT.')
  }
}
