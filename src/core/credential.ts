import type { Randomness } from './hsm.js'
import type { ProjectId } from './ids.js'
import { drawCharacters } from './random-text.js'
import {
  type CredentialSealing,
  type RecordOwner,
  openStoredRecord,
  sealRecord,
} from './sealed-record.js'

/** Whose secret it is: all of it is bound to the sealed record, so that whoever can write rows cannot exchange it. */
export interface AccessKeyIdentity {
  readonly accessKeyId: string
  readonly projectId: ProjectId
  readonly domainId: string
  readonly userId: string
}

/** A fresh access key: the public half, and the secret in ASCII, which whoever asked for it zeroes. */
export interface GeneratedAccessKey {
  /** 20 upper-case letters and digits. */
  readonly accessKeyId: string
  /** 40 letters and digits, one byte each. */
  readonly secret: Uint8Array
}

const UPPER_CASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const DIGITS = '0123456789'
const ID_ALPHABET = UPPER_CASE + DIGITS
const SECRET_ALPHABET = UPPER_CASE + UPPER_CASE.toLowerCase() + DIGITS
const ID_CHARACTERS = 20
const SECRET_CHARACTERS = 40

/**
 * Seals a secret access key under the credential key, bound to its identity. The secret stays the caller's, who
 * zeroes it.
 *
 * @throws HsmError; RangeError for a secret that is empty or over 1024 bytes
 */
export function sealSecret(
  sealing: CredentialSealing,
  request: { readonly identity: AccessKeyIdentity; readonly secret: Uint8Array },
): Promise<Uint8Array> {
  return sealRecord(sealing, { owner: accessKeyOwner(request.identity), secret: request.secret })
}

/**
 * Opens what {@link sealSecret} sealed. The caller zeroes the secret returned.
 *
 * @throws HsmError, `not-authentic` when the record was changed or belongs to another identity
 */
export function openSecret(
  sealing: CredentialSealing,
  request: { readonly identity: AccessKeyIdentity; readonly sealedSecret: Uint8Array },
): Promise<Uint8Array> {
  const { identity, sealedSecret } = request
  return openStoredRecord(sealing, { owner: accessKeyOwner(identity), record: sealedSecret })
}

/** Generates an access key from the token's generator; every character is equally likely. */
export async function generateAccessKey(random: Randomness): Promise<GeneratedAccessKey> {
  const id = await drawCharacters(random, { alphabet: ID_ALPHABET, count: ID_CHARACTERS })
  const secret = await drawCharacters(random, {
    alphabet: SECRET_ALPHABET,
    count: SECRET_CHARACTERS,
  })
  return { accessKeyId: Buffer.from(id).toString('latin1'), secret }
}

/** Whose secret the sealed record of an access key is. */
export function accessKeyOwner({
  accessKeyId,
  projectId,
  domainId,
  userId,
}: AccessKeyIdentity): RecordOwner {
  return { purpose: 'secret access key', identity: [accessKeyId, projectId, domainId, userId] }
}
