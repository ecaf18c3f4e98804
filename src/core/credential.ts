import {
  type CredentialRecord,
  MAX_CREDENTIAL_SECRET_BYTES,
  decodeCredentialRecord,
  encodeCredentialHeader,
  encodeCredentialRecord,
} from '../codec/credential-record.js'
import { MalformedBytes } from '../codec/datakey-frame.js'
import { type Binding, HsmError, type Randomness } from './hsm.js'
import type { KeyRef, ProjectId } from './ids.js'
import { type Sealing, cutPadding } from './seal.js'

/** What sealing and opening of secret access keys need. */
export interface CredentialSealing extends Sealing {
  /** The credential key in use. */
  readonly credentialKey: KeyRef
}

/** Whose secret it is: all of it is bound to the sealed record, so that whoever can write rows cannot exchange it. */
export interface AccessKeyIdentity {
  readonly accessKeyId: string
  readonly projectId: ProjectId
  readonly domainId: string
  readonly userName: string
}

/** A fresh access key: the public half, and the secret in ASCII, which whoever asked for it zeroes. */
export interface GeneratedAccessKey {
  /** 20 upper-case letters and digits. */
  readonly accessKeyId: string
  /** 40 letters and digits, one byte each. */
  readonly secret: Uint8Array
}

/**
 * Where the tag of a credential record begins. The binding key also makes the tags of data-key frames, which begin
 * with 0x02 0x00: no record can pass for a frame, nor a frame for a record.
 */
const DOMAIN = Buffer.from('hsm-kms secret access key\0', 'latin1')

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
export async function sealSecret(
  { hsm, bindingKeys, credentialKey }: CredentialSealing,
  request: { readonly identity: AccessKeyIdentity; readonly secret: Uint8Array },
): Promise<Uint8Array> {
  const { identity, secret } = request
  if (secret.length < 1 || secret.length > MAX_CREDENTIAL_SECRET_BYTES) {
    throw new RangeError(`A secret access key must have 1 to ${MAX_CREDENTIAL_SECRET_BYTES} bytes.`)
  }
  const bindingKey = bindingKeys.current
  const header = encodeCredentialHeader({
    bindingGeneration: bindingKey.version,
    credentialGeneration: credentialKey.version,
    secretLength: secret.length,
  })
  const binding = bindingOf(bindingKey, { header, identity })
  const { wrapped, tag } = await hsm.wrap({ key: credentialKey, secret, binding })
  return encodeCredentialRecord({ header, wrapped, tag })
}

/**
 * Opens what {@link sealSecret} sealed. The caller zeroes the secret returned.
 *
 * @throws HsmError, `not-authentic` when the record was changed or belongs to another identity
 */
export async function openSecret(
  { hsm, bindingKeys, credentialKey }: CredentialSealing,
  request: { readonly identity: AccessKeyIdentity; readonly sealedSecret: Uint8Array },
): Promise<Uint8Array> {
  const record = decode(request.sealedSecret)
  const bindingKey = bindingKeys.find(record.bindingGeneration)
  if (!bindingKey) {
    throw new HsmError(
      'key-missing',
      'The binding key that a stored secret access key was sealed with is not known.',
    )
  }
  const secret = await hsm.unwrap({
    key: { keyId: credentialKey.keyId, version: record.credentialGeneration },
    wrapped: record.wrapped,
    tag: record.tag,
    binding: bindingOf(bindingKey, { header: record.headerBytes, identity: request.identity }),
  })
  return cutPadding(secret, record.secretLength)
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

function decode(bytes: Uint8Array): CredentialRecord {
  try {
    return decodeCredentialRecord(bytes)
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    throw new Error(`A stored secret access key cannot be read. ${error.message}`, { cause: error })
  }
}

/** The tag covers domain ‖ header ‖ wrapped ‖ identity; all but the last have a length that the header states. */
function bindingOf(
  key: KeyRef,
  parts: { readonly header: Uint8Array; readonly identity: AccessKeyIdentity },
): Binding {
  const { accessKeyId, projectId, domainId, userName } = parts.identity
  return {
    key,
    before: Buffer.concat([DOMAIN, parts.header]),
    // As JSON, so that no text can reach into the next one.
    after: Buffer.from(JSON.stringify([accessKeyId, projectId, domainId, userName]), 'utf8'),
  }
}

/** How often the generator is asked before it is held to be broken: the first draw is enough but for one in billions. */
const MAX_DRAWS = 16

async function drawCharacters(
  random: Randomness,
  request: { readonly alphabet: string; readonly count: number },
): Promise<Uint8Array> {
  const { alphabet, count } = request
  // Bytes beyond the last multiple of the alphabet's size are thrown away: they would favour its first characters.
  const limit = 256 - (256 % alphabet.length)
  const characters = new Uint8Array(count)
  let filled = 0
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const bytes = await random.random(2 * count)
    for (const byte of bytes) {
      if (filled < count && byte < limit) {
        characters[filled++] = alphabet.charCodeAt(byte % alphabet.length)
      }
    }
    bytes.fill(0)
    if (filled === count) return characters
  }
  characters.fill(0)
  throw new HsmError('fault', "The token's random bytes are not random: one value fills them.")
}
