import type { OaepHash } from './hsm-data.js'
import type { KeyKind } from './hsm.js'
import type { PairAlgorithm, PairUse } from './hsm-pairs.js'
import type { KeyRef } from './ids.js'

/** Message of the `unsuitable` that is about the temporary key and not about what it wraps. */
export const WRONG_TEMPORARY_KEY = 'The temporary key must be an AES key of 16 or 32 bytes.'

/**
 * Key material that a customer brings, by C_UnwrapKey (PKCS#11 v3.1 section 5.18.4): the service never sees it.
 *
 * Both throw HsmError `not-authentic` when what was sent does not unwrap, and `unsuitable` when it unwraps to material
 * of another size or kind than asked for; nothing is left on the token then. `fault`, too, where the token holds an object
 * of this id and version already.
 */
export interface Importing {
  /** Unwraps a secret key, RSA OAEP under the public half of `under`, and returns its check value. */
  importSecret(request: {
    /** A pair of use `import`. */
    readonly under: KeyRef
    readonly hash: OaepHash
    readonly wrapped: Uint8Array
    readonly key: KeyRef
    readonly kind: KeyKind
    readonly label: string
  }): Promise<Uint8Array>
  /**
   * Unwraps a private key (PKCS#8, RFC 5649) under a temporary AES key (RSA OAEP under the public half of `under`), and
   * returns its public key as DER SubjectPublicKeyInfo.
   */
  importPair(request: {
    readonly under: KeyRef
    readonly hash: OaepHash
    /** The temporary AES key, 16 or 32 bytes, under RSA OAEP. */
    readonly wrappedKey: Uint8Array
    readonly wrappedPrivate: Uint8Array
    readonly key: KeyRef
    readonly algorithm: PairAlgorithm
    readonly use: PairUse
    readonly label: string
  }): Promise<Uint8Array>
}
