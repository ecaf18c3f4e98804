import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import type { Hsm, KeyGeneration, KeyKind } from '../../core/hsm.js'
import type { OaepHash } from '../../core/hsm-data.js'
import type { Importing } from '../../core/hsm-import.js'
import type { PairGeneration } from '../../core/hsm-pairs.js'
import { IMPORT_PAIR } from '../../core/import-pair.js'
import { type KeyRef, newKeyId } from '../../core/ids.js'

/** Label of what a run puts on the token, so that whoever finds it after a crash knows what it is. */
export const THROW_AWAY_LABEL = 'compliance/throw-away'

/** A key on the token whose value the run knows. */
export interface KnownKey {
  readonly key: KeyRef
  /** Zeroed when the run is done with it. */
  readonly value: Uint8Array
}

/** What makes and takes throw-away keys. */
export type ThrowAwayHsm = Pick<KeyGeneration, 'destroyKey'> &
  Pick<PairGeneration, 'generatePair'> &
  Pick<Importing, 'importSecret'> &
  Pick<Hsm, 'limits'>

/**
 * Imports an AES-256 wrapping key and a binding key of known values, as material of customers is imported, runs something
 * with them, and destroys them.
 *
 * @throws HsmError
 */
export async function withKnownKeys<Result>(
  hsm: ThrowAwayHsm,
  run: (keys: { readonly wrapping: KnownKey; readonly binding: KnownKey }) => Promise<Result>,
): Promise<Result> {
  const made: KeyRef[] = []
  const values: Uint8Array[] = []
  const under = take(made)
  try {
    const publicKey = await hsm.generatePair({
      key: under,
      ...IMPORT_PAIR,
      label: THROW_AWAY_LABEL,
    })
    async function known(kind: KeyKind): Promise<KnownKey> {
      const key = take(made)
      const value = Uint8Array.from(randomBytes(32))
      values.push(value)
      const hash = hsm.limits.oaepHashes.includes('sha256') ? 'sha256' : 'sha1'
      const wrapped = wrapFor(publicKey, hash, value)
      await hsm.importSecret({ under, hash, wrapped, key, kind, label: THROW_AWAY_LABEL })
      return { key, value }
    }
    return await run({ wrapping: await known('wrapping'), binding: await known('binding') })
  } finally {
    for (const value of values) value.fill(0)
    for (const key of made) await hsm.destroyKey(key)
  }
}

function take(made: KeyRef[]): KeyRef {
  const key = { keyId: newKeyId(), version: 1 }
  made.push(key)
  return key
}

function wrapFor(publicKey: Uint8Array, oaepHash: OaepHash, value: Uint8Array): Uint8Array {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return Uint8Array.from(publicEncrypt({ key, padding, oaepHash }, value))
}
