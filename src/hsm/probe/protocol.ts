import type { KnownAnswer, TokenIdentity } from '../../core/hsm-inspection.js'
import type { SignatureScheme } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import type { StartFailure } from '../protocol.js'
import type { ReturnValueName } from '../return-values.js'
import type { TokenAddress } from '../uri.js'

/*
 * Messages between whoever probes a token and the process that holds its library. Nothing secret travels: all objects of a
 * probe are made for it, and the PIN is read from its file by that process.
 */

/** What a token says of itself. */
export interface TokenFacts {
  readonly identity: TokenIdentity
  /** Numbers of its mechanisms, in ascending order. A number proves nothing. */
  readonly mechanisms: readonly number[]
  /** Sessions that it admits; 0 where it states no limit. */
  readonly maxSessions: number
}

/** What a wrapping mechanism does. */
export type Padding = 'exact' | 'zero-padded' | 'pkcs7' | 'other'

/** Each trial by its name, with what it is told and what it finds. */
export interface Trials {
  /** Which padding the mechanism of the profile has. */
  padding: { readonly asked: undefined; readonly found: Padding }
  /** Whether a wrap comes back readable with the unwrap template of the profile. */
  unwrap: { readonly asked: undefined; readonly found: boolean }
  /** Whether changed bytes are refused. */
  integrity: { readonly asked: undefined; readonly found: boolean }
  /** Longest secret that is generated, wrapped and unwrapped, in bytes. */
  longestSecret: { readonly asked: undefined; readonly found: number }
  /** Shortest secret that is generated, in bytes. */
  shortestSecret: { readonly asked: undefined; readonly found: number }
  /** Longest private key that is wrapped and unwrapped, in bytes; 0: none. */
  longestPair: { readonly asked: undefined; readonly found: number }
  /** Whether keys of an algorithm are made. */
  algorithm: { readonly asked: Profile['algorithms'][number]; readonly found: boolean }
  /** Whether a scheme verifies what it should, and signs what OpenSSL takes. */
  scheme: { readonly asked: SignatureScheme; readonly found: boolean }
  /** Whether OAEP with a hash decrypts what OpenSSL encrypted; `raw`: raw RSA, on which a stand-in is built. */
  oaep: { readonly asked: 'sha1' | 'sha256' | 'raw'; readonly found: boolean }
  ecdh: { readonly asked: undefined; readonly found: boolean }
  gcm: { readonly asked: undefined; readonly found: boolean }
  /** Whether unwrapped keys keep what their template says. */
  imports: { readonly asked: Profile['imports'][number]; readonly found: boolean }
  local: { readonly asked: undefined; readonly found: boolean }
  /** Whether CKA_COPYABLE is taken and honoured. */
  copyable: { readonly asked: undefined; readonly found: boolean }
  /** Whether a key that is not extractable stays in. */
  extractable: { readonly asked: undefined; readonly found: boolean }
  /** What it says of bad input, of what others say of a lost device alone. */
  inputErrors: { readonly asked: undefined; readonly found: readonly ReturnValueName[] }
  knownAnswers: { readonly asked: undefined; readonly found: readonly KnownAnswer[] }
}

/** Name of a trial. */
export type TrialName = keyof Trials

/** First message: which token. */
export interface ProbeStart {
  readonly address: TokenAddress
  /** Its `pin` and `name` alone are used. */
  readonly profile: Profile
}

/** One trial. */
export interface ProbeRequest {
  readonly trial: TrialName
  readonly asked: unknown
  /** What was found so far, in the form of a profile. */
  readonly profile: Profile
}

/** Answers: one to the start, then one to each trial. */
export type ProbeAnswer =
  | { readonly opened: TokenFacts }
  | { readonly refused: StartFailure; readonly message: string }
  | { readonly found: unknown }
  /** The trial did not end as it should; a sentence that names the call and its return value. */
  | { readonly failed: string }
