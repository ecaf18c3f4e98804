import { MalformedBytes } from '../codec/frame.js'
import {
  IMPORT_NONCE_BYTES,
  type ImportTokenFields,
  type ImportTokenParts,
  decodeImportToken,
  encodeImportToken,
} from '../codec/import-token.js'
import { KmsError } from './errors.js'
import type { OaepHash } from './hsm-data.js'
import { type KeyId, type KeyRef, parseKeyId } from './ids.js'
import { IMPORT_TOKEN_LIFE_MS } from './import-pair.js'
import type { Token } from './keystore.js'

/**
 * Where the tag of an import token begins. The binding key also makes the tags of frames, which begin with 0x02 0x00,
 * and of credential records, which begin with another text: no token can pass for one of them, nor they for it.
 */
const DOMAIN = Buffer.from('hsm-kms import token\0', 'latin1')

/** What a token that was found authentic grants. */
export interface ImportPermit {
  /** The pair under whose public half the material is wrapped. */
  readonly pair: KeyRef
  readonly hash: OaepHash
}

/** Issues a token that permits the import of material for a CMK, wrapped under a pair, for 24 hours. */
export async function issueImportToken(
  { hsm, bindingKeys }: Token,
  request: {
    readonly cmkId: KeyId
    readonly pair: KeyRef
    readonly hash: OaepHash
    /** Milliseconds since 1970. */
    readonly now: number
  },
): Promise<{ readonly token: Uint8Array; readonly expiresAt: number }> {
  const { current } = bindingKeys
  const issuedAt = Math.floor(request.now / 1000)
  const expiresAt = issuedAt + IMPORT_TOKEN_LIFE_MS / 1000
  const fields: ImportTokenFields = {
    bindingGeneration: current.version,
    hash: request.hash,
    cmkId: request.cmkId,
    pairId: request.pair.keyId,
    pairVersion: request.pair.version,
    issuedAt,
    expiresAt,
  }
  const tagged = encodeImportToken(fields, await hsm.random(IMPORT_NONCE_BYTES))
  const tag = await hsm.mac({ key: current, hash: 'sha256', message: withDomain(tagged) })
  return { token: Buffer.concat([tagged, tag]), expiresAt }
}

/**
 * Judges a token that came back. The tag is compared in the HSM, before anything that the token says is believed.
 *
 * @throws KmsError KMS.2605 not a token of this service, KMS.2603 for another CMK, KMS.2601 expired
 */
export async function checkImportToken(
  { hsm, bindingKeys }: Token,
  request: { readonly token: Uint8Array; readonly cmkId: KeyId; readonly now: number },
): Promise<ImportPermit> {
  const parts = decode(request.token)
  const bindingKey = bindingKeys.find(parts.bindingGeneration)
  const authentic =
    bindingKey !== undefined &&
    (await hsm.verifyMac({
      key: bindingKey,
      hash: 'sha256',
      message: withDomain(parts.tagged),
      mac: parts.tag,
    }))
  const pairId = parseKeyId(parts.pairId)
  if (!authentic || pairId === undefined) throw invalidToken()
  if (parts.cmkId !== request.cmkId) {
    throw new KmsError('KMS.2603', 'import_token was issued for another key than key_id names.')
  }
  if (parts.expiresAt * 1000 <= request.now) throw expiredToken()
  return { pair: { keyId: pairId, version: parts.pairVersion }, hash: parts.hash }
}

/** The refusal of a token whose 24 hours are over, or whose pair is gone. */
export function expiredToken(): KmsError {
  return new KmsError(
    'KMS.2601',
    'import_token has expired: get new parameters for import and wrap the material again.',
  )
}

function decode(bytes: Uint8Array): ImportTokenParts {
  try {
    return decodeImportToken(bytes)
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    throw invalidToken(error)
  }
}

function invalidToken(cause?: unknown): KmsError {
  return new KmsError(
    'KMS.2605',
    'import_token is not valid: send it as get-parameters-for-import returned it, or get new parameters where the service has changed its HSM token since.',
    { cause },
  )
}

function withDomain(tagged: Uint8Array): Uint8Array {
  return Buffer.concat([DOMAIN, tagged])
}
