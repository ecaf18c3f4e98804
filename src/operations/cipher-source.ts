import type { DataFrame } from '../codec/data-frame.js'
import { requireNoContext } from '../core/context-bytes.js'
import { type EncryptionAlgorithm, encryptionScheme } from '../core/encryption-algorithms.js'
import { KmsError } from '../core/errors.js'
import type { GrantOperation } from '../core/grant.js'
import type { OaepHash } from '../core/hsm-data.js'
import { requireTextEncryption } from '../core/key-use.js'
import { requireKeyId, requireVersion } from '../core/read-frame.js'
import { type SealedText, openText, readDataFrame } from '../core/seal-data.js'
import type { Service } from '../core/service.js'
import { type JudgedKey, loadDecryptionKey } from './load-encryption-key.js'
import type { ProjectCall } from './operation.js'
import { rsaText } from './rsa-text.js'
import { tokenOfCall } from './version-token.js'

/** What an encrypted text of a request is under. */
export interface CipherSource {
  /** Key reference; a data frame names its key itself. */
  readonly keyReference: string | undefined
  /** Name of the field that holds it. */
  readonly field: string
  readonly algorithm: EncryptionAlgorithm
  readonly bytes: Uint8Array
  readonly context: Uint8Array
}

/** An encrypted text with its key: a data frame, or the bare ciphertext of RSA. */
export type FoundText =
  | { readonly key: JudgedKey; readonly sealed: SealedText }
  | { readonly key: JudgedKey; readonly ciphertext: Uint8Array; readonly hash: OaepHash }

/**
 * Finds the key of an encrypted text and judges all that needs no HSM.
 *
 * @throws KmsError KMS.2201, KMS.2105, KMS.2106; KMS.0204 where an asymmetric ciphertext comes without its key
 */
export async function findText(
  service: Service,
  call: ProjectCall,
  request: CipherSource & { readonly grantable?: GrantOperation },
): Promise<FoundText> {
  const { keyReference, algorithm, bytes, context, grantable } = request
  const frame = keyReference === undefined ? readNamedFrame(request) : undefined
  const key = await loadDecryptionKey(service, call, {
    reference: keyReference ?? frame?.keyId ?? '',
    judge: requireTextEncryption,
    ...(grantable && { grantable }),
  })
  const scheme = encryptionScheme(algorithm, key.form)
  if (scheme === 'frame') {
    const sealed = seal(frame ?? readDataFrame(bytes), key, context)
    await requireUsedVersion(service, key, sealed)
    return { key, sealed }
  }
  requireNoContext(context)
  return { key, hash: scheme, ciphertext: bytes }
}

/**
 * The clear text, which the caller zeroes.
 *
 * @throws KmsError KMS.2201, KMS.2105, KMS.0311, KMS.0340
 */
export async function decryptText(
  service: Service,
  call: Pick<ProjectCall, 'trace'>,
  found: FoundText,
): Promise<Uint8Array> {
  const { cmk } = found.key
  if (!('sealed' in found)) return await rsaText(service, call, cmk, found)
  const { sealed } = found
  const { hsm } = await tokenOfCall(service, call, cmk, sealed.key.version)
  return await openText(hsm, sealed)
}

function readNamedFrame({ algorithm, bytes, field }: CipherSource): DataFrame {
  if (algorithm === 'SYMMETRIC_DEFAULT') return readDataFrame(bytes)
  throw new KmsError('KMS.0204', `${field} is missing: an asymmetric ciphertext names no key.`)
}

/** Numbers of versions can have gaps, and nothing but the HSM vouches for the number in a data frame. */
async function requireUsedVersion(
  { keys }: Service,
  { cmk }: JudgedKey,
  { key: { version } }: SealedText,
): Promise<void> {
  if (version === cmk.currentVersion) return
  const versions = await keys.versions(cmk.id)
  if (versions.some(({ key, use }) => key.version === version && use === 'in-use')) return
  throw new KmsError('KMS.2201', 'cipher_text names a version that its key does not have.')
}

function seal(frame: DataFrame, { cmk }: JudgedKey, context: Uint8Array): SealedText {
  requireKeyId(frame, cmk.id)
  requireVersion(frame, cmk.currentVersion)
  return { key: { keyId: cmk.id, version: frame.keyVersion }, frame, context }
}
