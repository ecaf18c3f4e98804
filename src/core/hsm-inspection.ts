import type { KeyRef } from './ids.js'

/** Attributes of a key object as read back from the token; absent where the token does not know one. */
export interface KeyAttributes {
  readonly class: number
  readonly keyType: number
  /** Bits of the secret, the modulus or a coordinate; nothing where the token does not tell, or nobody knows the curve. */
  readonly bits?: number | undefined
  readonly label: string
  /** Hexadecimal CKA_ID. */
  readonly id: string
  readonly flags: Readonly<Record<KeyFlag, boolean | undefined>>
}

/** Boolean attributes of a key object that decide how well it is protected. */
export const KEY_FLAGS = [
  'token',
  'private',
  'sensitive',
  'extractable',
  'alwaysSensitive',
  'neverExtractable',
  'local',
  'modifiable',
  'wrap',
  'unwrap',
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'derive',
] as const

/** Name of one of {@link KEY_FLAGS}. */
export type KeyFlag = (typeof KEY_FLAGS)[number]

/** Outcome of one known-answer test on the token. */
export interface KnownAnswer {
  readonly test: string
  readonly passed: boolean
  readonly detail: string
}

/** Something a token must refuse, tried on a key. */
export interface Attempt {
  readonly attempt: string
  readonly refused: boolean
  readonly detail: string
}

/** Which attempts are wished for. */
export interface AttemptWish {
  /** Whether attempts may create objects of the session: copies, and a wrapping key that is known. Default true. */
  readonly creating?: boolean
  /** A wrapping key of the service, under which the key is to be wrapped as well. */
  readonly under?: KeyRef | undefined
}

/** Who the token says it is (CK_TOKEN_INFO), and the library that speaks for it (CK_INFO). */
export interface TokenIdentity {
  readonly label: string
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  readonly hardware: string
  readonly firmware: string
  readonly library: string
  readonly profile: string
}

/** What an assessor asks of the token. */
export interface Inspection {
  identity(): Promise<TokenIdentity>
  /** Attributes of every key object on the token that the service can see. */
  inspectKeys(): Promise<readonly KeyAttributes[]>
  /** Runs the known-answer tests. */
  knownAnswers(): Promise<readonly KnownAnswer[]>
  /** Tries to read a key's value, to loosen its attributes, to extract it, and to put it to uses that it lacks. */
  attempts(key: KeyRef, wish?: AttemptWish): Promise<readonly Attempt[]>
}
