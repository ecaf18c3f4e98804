import { KmsError } from './errors.js'
import type { KeyId, KeyRef, ProjectId } from './ids.js'
import type { KeySpec, KeyUsage } from './key-specs.js'

/**
 * State of a CMK by its number on the wire: 1 awaiting activation, 2 enabled, 3 disabled, 4 scheduled for deletion,
 * 5 awaiting import.
 */
export type KeyState = '1' | '2' | '3' | '4' | '5'

/** Every state, for the schemas that name them. */
export const KEY_STATES = ['1', '2', '3', '4', '5'] as const satisfies readonly KeyState[]

/** A customer master key: the named, versioned key of a project. Its material lives in the HSM alone. */
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
  /** The version that encrypts; every version decrypts. */
  readonly currentVersion: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Counts the changes of this row, so that two of them cannot overwrite each other. */
  readonly revision: number
}

/** One version of the key material of a CMK. */
export interface KeyVersion {
  readonly key: KeyRef
  /** Known answer made with the material, so that a wrong token is noticed before it is used. */
  readonly checkValue: Uint8Array
  readonly createdAt: number
}

/** Names the material that encrypts. */
export function currentKey(cmk: Cmk): KeyRef {
  return { keyId: cmk.id, version: cmk.currentVersion }
}

/** Label of a version on the token. */
export function cmkLabel(key: KeyRef): string {
  return `cmk/${key.keyId}/${key.version}`
}

/** Refuses a CMK whose state or usage does not admit what is asked of it. */
export function requireUsable(cmk: Cmk, usage: KeyUsage): void {
  if (cmk.state === '3') throw new KmsError('KMS.0209', 'The key is disabled. Enable it first.')
  if (cmk.state === '4') {
    throw new KmsError('KMS.0210', 'The key is scheduled for deletion. Cancel the deletion first.')
  }
  if (cmk.state !== '2') {
    throw new KmsError('KMS.1301', 'The key is not enabled: it has no key material yet.')
  }
  if (cmk.usage !== usage) {
    throw new KmsError('KMS.0335', `The key is for ${cmk.usage}; this call needs ${usage}.`)
  }
}

/** Puts a disabled CMK back into service. */
export function enable(cmk: Cmk): Cmk {
  if (cmk.state === '4') {
    throw new KmsError('KMS.0210', 'The key is scheduled for deletion. Cancel the deletion first.')
  }
  if (cmk.state !== '3') {
    throw new KmsError('KMS.1201', 'Only a disabled key can be enabled; this one is not disabled.')
  }
  return { ...cmk, state: '2' }
}

/** Takes an enabled CMK out of service. */
export function disable(cmk: Cmk): Cmk {
  if (cmk.state === '4') {
    throw new KmsError('KMS.0210', 'The key is scheduled for deletion. Cancel the deletion first.')
  }
  if (cmk.state !== '2') {
    throw new KmsError('KMS.1301', 'Only an enabled key can be disabled; this one is not enabled.')
  }
  return { ...cmk, state: '3' }
}
