import type { Attempt, KeyAttributes, KeyKind, KnownAnswer, TokenIdentity } from '../core/hsm.js'
import type { KeyRef } from '../core/ids.js'

/** What a key is for in the service. */
export type KeyRole = 'cmk' | 'binding' | 'credential'

/** A key that the store names. */
export interface StoredKey {
  readonly key: KeyRef
  /** Hexadecimal CKA_ID that its object must have. */
  readonly id: string
  readonly role: KeyRole
  readonly kind: KeyKind
  /** Label that its object must have. */
  readonly label: string
  readonly checkValue: Uint8Array
}

/** What the token answered, or the sentence with which it did not. */
export type Answer<Value> = { readonly value: Value } | { readonly error: string }

/** What a token of this profile cannot show, and why that is no fault. */
export interface TokenFacts {
  /** Whether CKA_LOCAL is true on keys that the token generated. */
  readonly reportsLocal: boolean
  /** Whether the token has AES-GCM. */
  readonly hasGcm: boolean
}

/** Everything that the checks judge, as the token and the store gave it. */
export interface Observations {
  readonly identity: TokenIdentity
  readonly facts: TokenFacts
  readonly knownAnswers: readonly KnownAnswer[]
  readonly stored: readonly StoredKey[]
  readonly objects: readonly KeyAttributes[]
  /** By CKA_ID; only where exactly one object has it. */
  readonly checkValues: ReadonlyMap<string, Answer<Uint8Array>>
  /** By CKA_ID; only of the objects that were tried. */
  readonly attempts: ReadonlyMap<string, Answer<readonly Attempt[]>>
}
