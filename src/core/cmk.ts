import { KmsError } from './errors.js'
import type { Residence } from './home.js'
import type { KeyId, KeyRef, ProjectId } from './ids.js'
import type { KeySpec, KeyUsage } from './key-specs.js'

/**
 * State of a CMK by its number on the wire: 1 awaiting activation, 2 enabled, 3 disabled, 4 scheduled for deletion,
 * 5 awaiting import.
 */
export type KeyState = '1' | '2' | '3' | '4' | '5'

/** Every state, for the schemas that name them. */
export const KEY_STATES = ['1', '2', '3', '4', '5'] as const satisfies readonly KeyState[]

/** When the material of a CMK is replaced. Times in milliseconds since 1970. */
export interface Rotation {
  readonly enabled: boolean
  /** Days from one rotation to the next, 30 to 365; kept while rotation is off. */
  readonly intervalDays: number
  readonly lastAt: number | undefined
  /** When the next one is due; nothing while rotation is off. */
  readonly nextAt: number | undefined
  /** How many there have been, on demand or by themselves. */
  readonly count: number
}

/** Rotation of a CMK that never had any. KMS API: Enabling rotation, 365 days until changed. */
export const NO_ROTATION: Rotation = {
  enabled: false,
  intervalDays: 365,
  lastAt: undefined,
  nextAt: undefined,
  count: 0,
}

/**
 * A customer master key: the named, versioned key of a project. Its material lives in the HSM alone. Times in
 * milliseconds since 1970.
 */
export interface Cmk {
  readonly id: KeyId
  readonly projectId: ProjectId
  readonly domainId: string
  readonly alias: string
  readonly description: string
  readonly spec: KeySpec
  readonly usage: KeyUsage
  readonly state: KeyState
  readonly origin: 'kms' | 'external'
  readonly enterpriseProjectId: string
  readonly keystoreId: string
  /** On which of the tokens of its keystore its versions are, oldest first; there is one at least. */
  readonly homes: readonly Residence[]
  /** The version that encrypts; every version decrypts. An external key without material has 1 here all the same. */
  readonly currentVersion: number
  readonly createdAt: number
  /** When the key will be destroyed; only in state 4. */
  readonly deletionAt: number | undefined
  /** When the key was destroyed: the row is a tombstone, that explains why a decrypt fails. */
  readonly destroyedAt: number | undefined
  /** Whether a tombstone's objects are gone from the token as well. */
  readonly materialGone: boolean
  readonly rotation: Rotation
  /** When the first imported material lapses that is on the token; nothing where none does. */
  readonly materialExpiresAt: number | undefined
  /** Counts the changes of this row, so that two of them cannot overwrite each other. */
  readonly revision: number
}

/** One version of the key material of a CMK. Times in milliseconds since 1970. */
export interface KeyVersion {
  readonly key: KeyRef
  /** Public name of the version, a UUID. */
  readonly materialId: string
  /** Token that it is on, or was to be on. */
  readonly home: number
  /**
   * Known answer made with a secret, or SHA-256 of the public key of a pair: notices a wrong token before it is used,
   * and material that is not the one imported before.
   */
  readonly checkValue: Uint8Array
  readonly createdAt: number
  /** When imported material lapses. */
  readonly expiresAt: number | undefined
  /** `waiting`: imported, to be used from the next rotation on. */
  readonly use: 'in-use' | 'waiting'
  /** False once imported material was deleted or has lapsed: the same may be imported again. */
  readonly present: boolean
}

/** Names the material that encrypts. */
export function currentKey(cmk: Cmk): KeyRef {
  return { keyId: cmk.id, version: cmk.currentVersion }
}

/** Label of a version on the token. */
export function cmkLabel(key: KeyRef): string {
  return `cmk/${key.keyId}/${key.version}`
}

/** Refuses a CMK whose state does not admit its use. */
export function requireEnabled(cmk: Cmk): void {
  if (cmk.state === '3') throw new KmsError('KMS.0209', 'The key is disabled. Enable it first.')
  requireNotPending(cmk)
  if (cmk.state !== '2') {
    throw new KmsError('KMS.1301', 'The key is not enabled: it has no key material yet.')
  }
}

/** Refuses a CMK that is scheduled for deletion. */
export function requireNotPending(cmk: Cmk): void {
  if (cmk.state === '4') {
    throw new KmsError('KMS.0210', 'The key is scheduled for deletion. Cancel the deletion first.')
  }
}

/** Refuses a CMK whose state or usage does not admit what is asked of it. */
export function requireUsable(cmk: Cmk, usage: KeyUsage): void {
  requireEnabled(cmk)
  if (cmk.usage !== usage) {
    throw new KmsError(
      usage === 'SIGN_VERIFY' ? 'KMS.0334' : 'KMS.0335',
      `The key is for ${cmk.usage}; this call needs ${usage}.`,
    )
  }
}
