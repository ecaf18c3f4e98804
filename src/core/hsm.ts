import type { Assessment } from './hsm-assessment.js'
import type { DataSealing, OaepDecryption, OaepHash, Rewrapping } from './hsm-data.js'
import type { Importing } from './hsm-import.js'
import type { Inspection } from './hsm-inspection.js'
import type {
  Agreement,
  Macs,
  PairAlgorithm,
  PairGeneration,
  SignatureScheme,
  Signing,
} from './hsm-pairs.js'
import type { KeyRef } from './ids.js'

/**
 * Why the HSM could not do it.
 *
 * - `unavailable`: no token can be reached, or the call was lost with its agent
 * - `busy`: the queue is full or the deadline passed before an agent was free
 * - `key-missing`: a healthy token does not hold the key
 * - `not-authentic`: what was sent does not open: its tag, its padding or its check is wrong
 * - `unsuitable`: imported material opens, but is not what the key needs
 * - `unsupported`: the token cannot do this, now or later
 * - `fault`: anything else the token answered
 */
export type HsmFailure =
  'unavailable' | 'busy' | 'key-missing' | 'not-authentic' | 'unsuitable' | 'unsupported' | 'fault'

/** An error of the HSM, with the PKCS#11 call and the return value (CKR_*) where there was one. */
export class HsmError extends Error {
  override readonly name = 'HsmError'
  readonly failure: HsmFailure
  readonly call: string | undefined
  readonly rv: number | undefined

  constructor(
    failure: HsmFailure,
    message: string,
    origin: { readonly call?: string | undefined; readonly rv?: number | undefined } = {},
  ) {
    super(message)
    this.failure = failure
    this.call = origin.call
    this.rv = origin.rv
  }
}

/**
 * What secret keys on the token are, and the one use that each has.
 *
 * - `wrapping`: AES-256, wrap and unwrap only: symmetric CMKs and the credential key
 * - `binding`: 32-byte generic secret, sign and verify only: makes the tags
 * - `hmac-256`, `hmac-384`, `hmac-512`: generic secret of 32, 48, 64 bytes, sign and verify only: HMAC CMKs
 * - `sm4-wrapping`, `hmac-sm3`: the same of the Chinese national standards, on tokens whose profile has them
 */
export const KEY_KINDS = [
  'wrapping',
  'binding',
  'hmac-256',
  'hmac-384',
  'hmac-512',
  'sm4-wrapping',
  'hmac-sm3',
] as const

/** One of {@link KEY_KINDS}. */
export type KeyKind = (typeof KEY_KINDS)[number]

/** What a tag binds to a wrapped secret: the tag is a MAC of `before ‖ wrapped ‖ after`. */
export interface Binding {
  /** The binding key. */
  readonly key: KeyRef
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/** A wrapped secret: RFC 5649 bytes of length `8 * ceil(n / 8) + 8`, and a 32-byte tag. */
export interface BoundSecret {
  readonly wrapped: Uint8Array
  readonly tag: Uint8Array
}

/** Keys that live on the token. */
export interface KeyGeneration {
  /** Generates a key on the token and returns its check value. */
  generateKey(request: {
    readonly key: KeyRef
    readonly kind: KeyKind
    readonly label: string
  }): Promise<Uint8Array>
  /** Computes the check value of a key again, so that a wrong token is noticed. */
  checkValue(request: { readonly key: KeyRef; readonly kind: KeyKind }): Promise<Uint8Array>
  /**
   * Destroys a key on the token, both halves of a pair; no error if it is not there. That it is not there is made sure of,
   * so it takes long where it is not.
   */
  destroyKey(key: KeyRef): Promise<void>
  /** Destroys what there seems to be of a key on the token: for a place that is to be taken, or is cleared again later. */
  discardKey(key: KeyRef): Promise<void>
}

/**
 * Wrapping of secrets of 1 to {@link HsmLimits.maxSecretBytes} bytes under a key of kind `wrapping`, together with
 * the tag that binds them, each in one round trip to the token.
 */
export interface KeyWrapping {
  /** Wraps a secret, zero-padded to a multiple of 8 bytes so that every token gives the same bytes. */
  wrap(request: {
    readonly key: KeyRef
    readonly secret: Uint8Array
    readonly binding: Binding
  }): Promise<BoundSecret>
  /** Generates a secret in the token and wraps it; it is never readable outside the token. */
  generateWrapped(request: {
    readonly key: KeyRef
    /** Bytes. */
    readonly length: number
    readonly binding: Binding
  }): Promise<BoundSecret>
  /** Draws a secret from the token's generator, and returns it both clear and wrapped. */
  generateReadable(request: {
    readonly key: KeyRef
    /** Bytes. */
    readonly length: number
    readonly binding: Binding
  }): Promise<BoundSecret & { readonly secret: Uint8Array }>
  /**
   * Verifies the tag in constant time and only then unwraps.
   *
   * Returns the secret, which may be followed by up to 7 zero bytes: the caller knows its length.
   *
   * @throws HsmError `not-authentic` when the tag does not fit
   */
  unwrap(request: {
    readonly key: KeyRef
    readonly wrapped: Uint8Array
    readonly tag: Uint8Array
    readonly binding: Binding
  }): Promise<Uint8Array>
}

/** Random bytes of the token's generator (C_GenerateRandom). */
export interface Randomness {
  random(length: number): Promise<Uint8Array>
}

/** What a token may take in from outside: secret keys, and private keys. */
export const IMPORTS = ['secrets', 'pairs'] as const

/** What this token can do, and what it cannot exceed: facts of its profile. */
export interface HsmLimits {
  /** Longest secret that can be wrapped and unwrapped, in bytes. */
  readonly maxSecretBytes: number
  /** Longest PKCS#8 of a private key that can be wrapped, and unwrapped to be read, in bytes; 0: none. */
  readonly maxPairBytes: number
  /** Secret keys and pairs that it makes. */
  readonly algorithms: readonly (KeyKind | PairAlgorithm)[]
  readonly signatureSchemes: readonly SignatureScheme[]
  /** Hashes of RSA OAEP, for decryption and import. */
  readonly oaepHashes: readonly OaepHash[]
  readonly imports: readonly (typeof IMPORTS)[number][]
  /** Whether its pairs of use `agree` can be used. */
  readonly agrees: boolean
  /** Whether it seals texts: it has AES-GCM with an IV of the caller. */
  readonly sealsData: boolean
}

/** Whether the HSM can be used now, and the reason where it cannot. */
export interface HsmStatus {
  readonly ready: boolean
  readonly reason: string | undefined
}

/** Port: the hardware security module. */
export interface Hsm
  extends
    KeyGeneration,
    KeyWrapping,
    PairGeneration,
    Signing,
    Agreement,
    Macs,
    DataSealing,
    Rewrapping,
    OaepDecryption,
    Importing,
    Randomness,
    Inspection,
    Assessment {
  readonly limits: HsmLimits
  status(): HsmStatus
  close(): Promise<void>
}
