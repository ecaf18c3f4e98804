import type { Cmk } from './cmk.js'
import { KmsError } from './errors.js'
import { HsmError, type HsmLimits } from './hsm.js'
import type { OaepHash } from './hsm-data.js'
import { newKeyId } from './ids.js'
import {
  IMPORT_TOKEN_LIFE_MS,
  type ImportPair,
  type ImportPairStore,
  importPairLabel,
} from './import-pair.js'
import { requireAwaiting } from './imported-versions.js'
import { keySpecRow } from './key-specs.js'
import type { KeyStore } from './key-store.js'
import { DEFAULT_KEYSTORE, type Token, type Tokens } from './keystore.js'

/** A pair lives for two tokens' time, so that most calls for parameters find one to use again. */
const PAIR_LIFE_MS = 2 * IMPORT_TOKEN_LIFE_MS

/**
 * Refuses a CMK that takes no imported material, ever or now.
 *
 * @throws KmsError KMS.0341 for HMAC keys, KMS.0339 in a dedicated keystore, KMS.0309 where the HSM made the material,
 * KMS.0310 where none is awaited
 */
export function requireImporting(cmk: Cmk): void {
  requireImportedKind(cmk)
  requireAwaiting(cmk)
}

/**
 * Refuses a CMK whose material is not imported.
 *
 * @throws KmsError KMS.0341, KMS.0339, KMS.0309
 */
export function requireImportedKind(cmk: Cmk): void {
  if (keySpecRow(cmk.spec).family === 'hmac') {
    throw new KmsError('KMS.0341', 'HMAC keys are not imported.')
  }
  if (cmk.keystoreId !== DEFAULT_KEYSTORE) {
    throw new KmsError('KMS.0339', 'Keys in a dedicated keystore are not imported.')
  }
  if (cmk.origin !== 'external') {
    throw new KmsError(
      'KMS.0309',
      'The key was made by the HSM. Only a key created with the origin external takes material.',
    )
  }
}

/** @throws KmsError KMS.0308 when the token takes no such material from outside */
export function requireImports({ imports }: HsmLimits, { spec }: Pick<Cmk, 'spec'>): void {
  if (imports.includes(keySpecRow(spec).form === 'pair' ? 'pairs' : 'secrets')) return
  throw new KmsError(
    'KMS.0308',
    `origin must be kms: the token of this keystore imports no keys of the specification ${spec}.`,
  )
}

/** @throws KmsError KMS.0308 when the token does not unwrap with this hash */
export function requireOaepHash({ hsm }: Token, hash: OaepHash): void {
  if (hsm.limits.oaepHashes.includes(hash)) return
  const known = hsm.limits.oaepHashes.map((name) => (name === 'sha1' ? 'SHA_1' : 'SHA_256'))
  throw new KmsError(
    'KMS.0308',
    known.length === 0
      ? 'wrapping_algorithm cannot be served: this token takes no imported material.'
      : `wrapping_algorithm must be RSAES_OAEP_${known.join(' or RSAES_OAEP_')} on this token.`,
  )
}

/**
 * The token that the next material of a CMK goes to. A version that was in use stays on its token for ever, since what it
 * sealed is bound to a key of that token; of several that await their material the newest comes first. Material that is
 * new goes where new keys are made.
 *
 * @throws KmsError KMS.0340, HsmError
 */
export async function tokenForImport(
  { keys, tokens }: { readonly keys: KeyStore; readonly tokens: Pick<Tokens, 'of' | 'at'> },
  cmk: Cmk,
): Promise<Token> {
  const versions = cmk.state === '5' ? await keys.versions(cmk.id) : []
  const awaiting = versions.findLast(({ use, present }) => use === 'in-use' && !present)
  return awaiting ? await tokens.at(cmk.keystoreId, awaiting.home) : await tokens.of(cmk.keystoreId)
}

/**
 * The pair under which material for a CMK is to be wrapped, and its public key: the newest one, while it outlives a token
 * issued now, else a new one.
 */
export async function pairForImport(
  { hsm, home }: Token,
  importPairs: ImportPairStore,
  { cmk, now }: { readonly cmk: Cmk; readonly now: number },
): Promise<{ readonly pair: ImportPair; readonly publicKey: Uint8Array }> {
  const newest = await importPairs.newest(cmk.id, home)
  if (newest && newest.expiresAt - now >= IMPORT_TOKEN_LIFE_MS) {
    try {
      return { pair: newest, publicKey: await hsm.publicKey(newest.key) }
    } catch (error) {
      // A token restored from a backup may lack a pair of yesterday; a new one serves as well.
      if (!(error instanceof HsmError) || error.failure !== 'key-missing') throw error
    }
  }
  const key = { keyId: newKeyId(), version: 1 }
  const pair = { key, cmkId: cmk.id, home, createdAt: now, expiresAt: now + PAIR_LIFE_MS }
  const publicKey = await hsm.generatePair({
    key,
    algorithm: 'rsa-2048',
    use: 'import',
    label: importPairLabel(cmk.id, key),
  })
  try {
    await importPairs.insert(pair)
  } catch (error) {
    // No token was issued for it, so nobody wraps under it even if the row is there.
    await hsm.destroyKey(key).catch(() => undefined)
    throw error
  }
  return { pair, publicKey }
}
