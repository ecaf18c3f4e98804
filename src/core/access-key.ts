import type { ProjectId } from './ids.js'

/** An access key as it is stored: its secret is sealed under the HSM's credential key. */
export interface AccessKey {
  /** The public half (AK), 20 characters. */
  readonly id: string
  readonly projectId: ProjectId
  readonly domainId: string
  readonly userId: string
  readonly state: 'active' | 'disabled'
  readonly sealedSecret: Uint8Array
  /** Temporary access keys: when they end, in milliseconds since 1970, and SHA-256 of their security token. */
  readonly temporary: { readonly expiresAt: number; readonly tokenDigest: Uint8Array } | undefined
  readonly createdAt: number
  readonly revision: number
}

/** Port: where access keys are kept. */
export interface AccessKeyStore {
  /** @throws Error when the id is taken; OwnerMissing when its project or its user is not there in its account */
  insert(accessKey: AccessKey): Promise<void>
  find(id: string): Promise<AccessKey | undefined>
  /** All, or those of a user, by time of creation, then id. */
  list(userId?: string): Promise<readonly AccessKey[]>
  /** Returns whether there was such a key. */
  setState(id: string, state: AccessKey['state']): Promise<boolean>
  /** Returns whether there was such a key. */
  remove(id: string): Promise<boolean>
  /** Removes temporary access keys that expired before a time; how many there were. */
  removeExpired(before: number): Promise<number>
}
