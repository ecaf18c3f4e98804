import type { Attempt } from './hsm-inspection.js'
import type { HashName, PairAlgorithm, SignatureScheme } from './hsm-pairs.js'

/** Flags of CK_TOKEN_INFO that an assessor asks for, by their names without CKF_. PKCS#11 v3.1 section 3.2. */
export const TOKEN_FLAGS = [
  'RNG',
  'WRITE_PROTECTED',
  'LOGIN_REQUIRED',
  'USER_PIN_INITIALIZED',
  'PROTECTED_AUTHENTICATION_PATH',
  'TOKEN_INITIALIZED',
  'USER_PIN_COUNT_LOW',
  'USER_PIN_FINAL_TRY',
  'USER_PIN_LOCKED',
  'USER_PIN_TO_BE_CHANGED',
  'SO_PIN_COUNT_LOW',
  'SO_PIN_FINAL_TRY',
  'SO_PIN_LOCKED',
  'SO_PIN_TO_BE_CHANGED',
  'ERROR_STATE',
] as const

/** Name of one of {@link TOKEN_FLAGS}. */
export type TokenFlag = (typeof TOKEN_FLAGS)[number]

/** What the token says of itself and its PINs, and which library speaks for it. */
export interface TokenState {
  readonly flags: Readonly<Record<TokenFlag, boolean>>
  /** Shortest PIN that it takes, in bytes. */
  readonly minPinBytes: number
  /** Longest one; nothing where it states no limit. */
  readonly maxPinBytes: number | undefined
  /** Path that the library was loaded by. */
  readonly libraryPath: string
  /** SHA-256 of the library's file, hexadecimal; nothing where the file cannot be read under that path. */
  readonly librarySha256: string | undefined
  /** Version of PKCS#11 that the library says it speaks, e.g. `2.40`. */
  readonly cryptoki: string
}

/** A question to the token whose answer is known. Keys are created as session objects and destroyed after it. */
export type Vector =
  | { readonly form: 'kwp-wrap'; readonly kek: Uint8Array; readonly secret: Uint8Array }
  | { readonly form: 'kwp-unwrap'; readonly kek: Uint8Array; readonly wrapped: Uint8Array }
  | {
      readonly form: 'gcm-encrypt'
      readonly key: Uint8Array
      readonly iv: Uint8Array
      readonly associated: Uint8Array
      readonly text: Uint8Array
      readonly tagBytes: number
    }
  | {
      readonly form: 'gcm-decrypt'
      readonly key: Uint8Array
      readonly iv: Uint8Array
      readonly associated: Uint8Array
      /** Ciphertext, then the tag. */
      readonly sealed: Uint8Array
      readonly tagBytes: number
    }
  | {
      readonly form: 'hmac'
      readonly hash: HashName
      readonly key: Uint8Array
      readonly message: Uint8Array
    }
  | {
      readonly form: 'verify'
      readonly scheme: SignatureScheme
      readonly algorithm: PairAlgorithm
      /** Of RSA modulus and exponent without leading zeroes; else the uncompressed point. */
      readonly publicKey: readonly Uint8Array[]
      /** What the mechanism signs: the digest. */
      readonly digest: Uint8Array
      /** ECDSA: r ‖ s. */
      readonly signature: Uint8Array
    }

/** What the token made of a {@link Vector}. */
export type VectorAnswer =
  | { readonly outcome: 'bytes'; readonly bytes: Uint8Array }
  | { readonly outcome: 'verified' }
  /** With the return value in a sentence; or that a signature is wrong. */
  | { readonly outcome: 'refused'; readonly detail: string }
  /** The token has no such mechanism, or not for keys and texts of this size. */
  | { readonly outcome: 'unsupported'; readonly detail: string }

/** What an assessment asks of the token beside the Inspection. */
export interface Assessment {
  tokenState(): Promise<TokenState>
  /** Plays the published attacks on the API of PKCS#11 with session objects of the templates of the service. */
  apiAttacks(): Promise<readonly Attempt[]>
  /** Asks questions with known answers; one answer for each, in their order. */
  vectors(questions: readonly Vector[]): Promise<readonly VectorAnswer[]>
}
