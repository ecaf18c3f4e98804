import type { Cmk } from './cmk.js'
import { sha256 } from './datakey.js'
import { type ErrorCode, KmsError } from './errors.js'
import { type Hsm, HsmError } from './hsm.js'
import { WRONG_TEMPORARY_KEY } from './hsm-import.js'
import type { KeyRef } from './ids.js'
import type { ImportPermit } from './import-token.js'
import { keySpecRow, pairUse } from './key-specs.js'

/** Material as it was sent. */
export interface WrappedMaterial extends ImportPermit {
  /** The secret, or for a pair the temporary AES key, under RSA OAEP. */
  readonly wrapped: Uint8Array
  /** PKCS#8 under the temporary key; pairs only. */
  readonly wrappedPrivate: Uint8Array | undefined
  /** When it lapses, in milliseconds since 1970; nothing: never. */
  readonly expiresAt: number | undefined
}

/**
 * Unwraps material under a name, and returns its check value.
 *
 * @throws KmsError KMS.0311, KMS.2604, KMS.2609, KMS.2610 for material that is none; HsmError
 */
export async function unwrapMaterial(
  hsm: Hsm,
  request: {
    readonly cmk: Cmk
    readonly material: WrappedMaterial
    readonly key: KeyRef
    readonly label: string
  },
): Promise<Uint8Array> {
  const { cmk, material, key, label } = request
  const row = keySpecRow(cmk.spec)
  const { pair: under, hash, wrapped } = material
  try {
    if (row.form === 'secret') {
      return await hsm.importSecret({ under, hash, wrapped, key, kind: row.algorithm, label })
    }
    return sha256(
      await hsm.importPair({
        under,
        hash,
        wrappedKey: wrapped,
        wrappedPrivate: material.wrappedPrivate ?? new Uint8Array(0),
        key,
        algorithm: row.algorithm,
        use: pairUse(cmk.usage) ?? 'sign',
        label,
      }),
    )
  } catch (error) {
    throw refusalOf(error, row.form)
  }
}

function refusalOf(error: unknown, form: 'secret' | 'pair'): unknown {
  if (!(error instanceof HsmError)) return error
  if (error.failure === 'not-authentic') {
    return new KmsError(
      'KMS.0311',
      'The key material does not decrypt: wrap it under the public key that came with import_token, with its wrapping_algorithm.',
      { cause: error },
    )
  }
  if (error.failure !== 'unsuitable') return error
  const [code, sentence] = unsuitability(error, form)
  return new KmsError(code, sentence, { cause: error })
}

function unsuitability(
  { message }: HsmError,
  form: 'secret' | 'pair',
): readonly [code: ErrorCode, sentence: string] {
  if (form === 'secret') {
    return ['KMS.2604', 'The key material has not the length that the key_spec needs.']
  }
  if (message === WRONG_TEMPORARY_KEY) {
    return ['KMS.2610', 'The temporary key in encrypted_key_material must have 16 or 32 bytes.']
  }
  return [
    'KMS.2609',
    'encrypted_privatekey must be the PKCS#8 of a key of this key_spec, wrapped by RFC 5649 under the temporary AES key.',
  ]
}
