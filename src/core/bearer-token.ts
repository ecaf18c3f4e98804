import type { ProjectId } from './ids.js'

/** A bearer token as it is stored: the token itself is shown once and not kept. */
export interface BearerToken {
  /** SHA-256 of the token, 32 bytes. The token has 256 random bits, so nothing slower is needed. */
  readonly digest: Uint8Array
  readonly userId: string
  readonly domainId: string
  readonly projectId: ProjectId
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Port: where bearer tokens are kept. */
export interface BearerTokenStore {
  insert(token: BearerToken): Promise<void>
  find(digest: Uint8Array): Promise<BearerToken | undefined>
  /** Revokes every token of a user; how many there were. */
  removeOfUser(userId: string): Promise<number>
  /** Removes tokens that expired before a time; how many there were. */
  removeExpired(before: number): Promise<number>
}
