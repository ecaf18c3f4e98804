import type { Attempt, KeyAttributes, KnownAnswer, TokenIdentity } from '../core/hsm-inspection.js'
import type { TokenState } from '../core/hsm-assessment.js'
import type { KeyRef } from '../core/ids.js'
import type { Mode } from './check.js'
import type { TriedFrames } from './ciphertext/try-frames.js'
import type { Material } from './keys/expected-use.js'
import type { AskedVectors } from './known-answers/ask-vectors.js'
import type { Answer, Seen } from './seen.js'
import type { SurroundingsSeen } from './surroundings.js'

/** What a key is for in the service. */
export type KeyRole = 'cmk' | 'import' | 'binding' | 'credential' | 'audit'

/** A key that the store names. */
export interface StoredKey {
  readonly key: KeyRef
  /** Hexadecimal CKA_ID that its object must have. */
  readonly id: string
  readonly role: KeyRole
  readonly material: Material
  /** Whether a customer brought it, so that it was made, and may have been readable, elsewhere. */
  readonly imported: boolean
  /** Label that its object must have. */
  readonly label: string
  /** Nothing where the store has none to compare: pairs for imports live for a day. */
  readonly checkValue: Uint8Array | undefined
}

/** What a token of this profile cannot show, and why that is no fault. */
export interface TokenFacts {
  /** Whether CKA_LOCAL is true on keys that the token generated. */
  readonly reportsLocal: boolean
  /** Whether the token has AES-GCM. */
  readonly hasGcm: boolean
  /** Whether pairs for imports decrypt as well, since the token lacks a hash of RSA OAEP. */
  readonly importPairsDecrypt: boolean
  /** Whether tokens of the profile may guard real keys. */
  readonly production: boolean
}

/** Everything that the checks judge, as the token, the store and what is around them gave it. */
export interface Observations extends SurroundingsSeen {
  readonly mode: Mode
  readonly identity: TokenIdentity
  readonly tokenState: TokenState
  readonly facts: TokenFacts
  readonly knownAnswers: readonly KnownAnswer[]
  readonly vectors: Seen<AskedVectors>
  readonly random: Answer<Uint8Array>
  readonly stored: readonly StoredKey[]
  readonly objects: readonly KeyAttributes[]
  /** By CKA_ID; only where exactly one object has it. */
  readonly checkValues: ReadonlyMap<string, Answer<Uint8Array>>
  /** By CKA_ID; only of the objects that were tried. */
  readonly attempts: ReadonlyMap<string, Answer<readonly Attempt[]>>
  readonly attacks: Seen<readonly Attempt[]>
  readonly frames: Seen<TriedFrames>
}
