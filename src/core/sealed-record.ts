import {
  MAX_CREDENTIAL_SECRET_BYTES,
  decodeCredentialRecord,
  encodeCredentialHeader,
  encodeCredentialRecord,
} from '../codec/credential-record.js'
import { MalformedBytes } from '../codec/frame.js'
import { type Binding, HsmError } from './hsm.js'
import type { KeyRef } from './ids.js'
import { type Sealing, cutPadding } from './seal.js'

/** What sealing and opening of the service's own secrets need. */
export interface CredentialSealing extends Sealing {
  /** The credential key in use. */
  readonly credentialKey: KeyRef
  /**
   * What opens records of another generation of the credential key, which may be on another token; nothing where there
   * never was such a generation.
   *
   * @throws HsmError `unavailable` where its token cannot be used now, `key-missing` where it was retired
   */
  readonly ofGeneration?: (generation: number) => Promise<CredentialSealing | undefined>
}

/**
 * What a sealed secret is. Its text stands in front of all that the tag covers and ends with a zero byte, so no record
 * of one purpose can pass for one of another; nor for a frame, whose tags begin with 0x02 0x00.
 */
type RecordPurpose = 'secret access key' | 'pin' | 'access point key'

/** Whose secret it is: bound to the record, so that whoever can write rows cannot exchange it. */
export interface RecordOwner {
  readonly purpose: RecordPurpose
  /** Names that tell this owner from every other one of the same purpose. */
  readonly identity: readonly string[]
}

/**
 * Seals a secret of the service's own under the credential key, bound to its owner. The secret stays the caller's, who
 * zeroes it.
 *
 * @throws HsmError; RangeError for a secret that is empty or over 1024 bytes
 */
export async function sealRecord(
  { hsm, bindingKeys, credentialKey }: CredentialSealing,
  request: { readonly owner: RecordOwner; readonly secret: Uint8Array },
): Promise<Uint8Array> {
  const { owner, secret } = request
  if (secret.length < 1 || secret.length > MAX_CREDENTIAL_SECRET_BYTES) {
    throw new RangeError(
      `A sealed ${owner.purpose} must have 1 to ${MAX_CREDENTIAL_SECRET_BYTES} bytes.`,
    )
  }
  const bindingKey = bindingKeys.current
  const header = encodeCredentialHeader({
    bindingGeneration: bindingKey.version,
    credentialGeneration: credentialKey.version,
    secretLength: secret.length,
  })
  const binding = bindingOf(bindingKey, { header, owner })
  const { wrapped, tag } = await hsm.wrap({ key: credentialKey, secret, binding })
  return encodeCredentialRecord({ header, wrapped, tag })
}

/**
 * Opens what {@link sealRecord} sealed. The caller zeroes the secret returned.
 *
 * @throws MalformedBytes when it is no record
 * @throws HsmError, `not-authentic` when the record was changed or belongs to another owner
 */
export async function openRecord(
  sealing: CredentialSealing,
  request: { readonly owner: RecordOwner; readonly record: Uint8Array },
): Promise<Uint8Array> {
  const { owner } = request
  const record = decodeCredentialRecord(request.record)
  const { hsm, bindingKeys, credentialKey } = await opener(sealing, record.credentialGeneration)
  const bindingKey = bindingKeys.find(record.bindingGeneration)
  if (!bindingKey) {
    throw new HsmError(
      'key-missing',
      `The binding key that a stored ${owner.purpose} was sealed with is not known.`,
    )
  }
  const secret = await hsm.unwrap({
    key: credentialKey,
    wrapped: record.wrapped,
    tag: record.tag,
    binding: bindingOf(bindingKey, { header: record.headerBytes, owner }),
  })
  return cutPadding(secret, record.secretLength)
}

/** Whether a record is under the credential key in use. @throws MalformedBytes when it is no record */
export function isUnderCurrentKey(
  { credentialKey }: Pick<CredentialSealing, 'credentialKey'>,
  record: Uint8Array,
): boolean {
  return decodeCredentialRecord(record).credentialGeneration === credentialKey.version
}

async function opener(sealing: CredentialSealing, generation: number): Promise<CredentialSealing> {
  if (generation === sealing.credentialKey.version) return sealing
  const other = await sealing.ofGeneration?.(generation)
  if (other) return other
  throw new HsmError(
    'key-missing',
    'The credential key that a record was sealed with is not known.',
  )
}

/**
 * Opens a record that a store kept: bytes that are none are then a fault of the store.
 *
 * @throws HsmError as {@link openRecord}; Error
 */
export async function openStoredRecord(
  sealing: CredentialSealing,
  request: { readonly owner: RecordOwner; readonly record: Uint8Array },
): Promise<Uint8Array> {
  try {
    return await openRecord(sealing, request)
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    const message = `A stored ${request.owner.purpose} cannot be read. ${error.message}`
    throw new Error(message, { cause: error })
  }
}

/** The tag covers purpose ‖ header ‖ wrapped ‖ identity; all but the last have a length that the header states. */
function bindingOf(
  key: KeyRef,
  parts: { readonly header: Uint8Array; readonly owner: RecordOwner },
): Binding {
  const { purpose, identity } = parts.owner
  return {
    key,
    before: Buffer.concat([Buffer.from(`hsm-kms ${purpose}\0`, 'latin1'), parts.header]),
    // As JSON, so that no text can reach into the next one.
    after: Buffer.from(JSON.stringify(identity), 'utf8'),
  }
}
