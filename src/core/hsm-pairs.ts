import type { KeyRef } from './ids.js'

/** Algorithms and sizes of key pairs, by the names that the token's profile lists. */
export const PAIR_ALGORITHMS = [
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'secp256k1',
  'ed25519',
  'sm2',
  'ml-dsa-44',
  'ml-dsa-65',
  'ml-dsa-87',
] as const

/** One of {@link PAIR_ALGORITHMS}. */
export type PairAlgorithm = (typeof PAIR_ALGORITHMS)[number]

/**
 * The one use of a key pair. SP 800-57 part 1 section 5.2.
 *
 * - `sign`: sign with the private half, verify with the public one
 * - `decrypt`: decrypt with the private half; who encrypts has the public key
 * - `agree`: ECDH with the private half
 * - `import`: unwrap key material that a customer wrapped under the public half
 */
export type PairUse = 'sign' | 'decrypt' | 'agree' | 'import'

/** Hash of a signature, a MAC or a mask. */
export type HashName = 'sha256' | 'sha384' | 'sha512' | 'sm3'

/**
 * Signature schemes. All of them sign a digest, `ed25519` and `ml-dsa` alone sign the message itself.
 * PSS: the salt is as long as the hash, MGF1 uses the same hash.
 */
export const SIGNATURE_SCHEMES = [
  'pss-sha256',
  'pss-sha384',
  'pss-sha512',
  'pkcs1-sha256',
  'pkcs1-sha384',
  'pkcs1-sha512',
  'ecdsa',
  'ed25519',
  'ed25519ph',
  'sm2dsa',
  'ml-dsa',
] as const

/** One of {@link SIGNATURE_SCHEMES}. */
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number]

/** Key pairs that live on the token. */
export interface PairGeneration {
  /** Generates a pair on the token and returns its public key as DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). */
  generatePair(request: {
    readonly key: KeyRef
    readonly algorithm: PairAlgorithm
    readonly use: PairUse
    readonly label: string
  }): Promise<Uint8Array>
  /** Reads the public key of a pair from the token, as DER SubjectPublicKeyInfo. */
  publicKey(key: KeyRef): Promise<Uint8Array>
  /**
   * Generates a pair that the token keeps for this call alone, and wraps its private half (PKCS#8) under a key of kind
   * `wrapping`: it is never readable outside the token in this call.
   *
   * @throws HsmError `unsupported` on tokens whose {@link HsmLimits.maxPairBytes} is too small
   */
  generateWrappedPair(request: {
    readonly key: KeyRef
    readonly algorithm: PairAlgorithm
  }): Promise<{ readonly publicKey: Uint8Array; readonly wrapped: Uint8Array }>
}

/** Signatures by pairs of use `sign`. ECDSA signatures are r ‖ s, each as long as the order of the curve. */
export interface Signing {
  /** `message`: the digest, or for `ed25519` the message. */
  sign(request: {
    readonly key: KeyRef
    readonly scheme: SignatureScheme
    readonly message: Uint8Array
  }): Promise<Uint8Array>
  /** A signature of the wrong length is as wrong as any other. */
  verify(request: {
    readonly key: KeyRef
    readonly scheme: SignatureScheme
    readonly message: Uint8Array
    readonly signature: Uint8Array
  }): Promise<boolean>
}

/** Key agreement by pairs of use `agree`. */
export interface Agreement {
  /**
   * ECDH (SP 800-56A section 5.7.1.2, no key derivation): the x coordinate of the shared point.
   *
   * `point`: the peer's uncompressed point 04 ‖ x ‖ y, which the caller has proven to be on the curve of the key.
   */
  agree(request: { readonly key: KeyRef; readonly point: Uint8Array }): Promise<Uint8Array>
}

/** HMACs by keys of the kinds `hmac-*` and `binding`; the tag has the length of the hash. */
export interface Macs {
  mac(request: {
    readonly key: KeyRef
    readonly hash: HashName
    readonly message: Uint8Array
  }): Promise<Uint8Array>
  /** Compares in constant time; a tag of the wrong length is as wrong as any other. */
  verifyMac(request: {
    readonly key: KeyRef
    readonly hash: HashName
    readonly message: Uint8Array
    readonly mac: Uint8Array
  }): Promise<boolean>
}
