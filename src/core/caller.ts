import type { ProjectId } from './ids.js'

/** Who is calling: the authenticated principal within its project. */
export interface Caller {
  readonly projectId: ProjectId
  /** Account that owns the project. */
  readonly domainId: string
  /** By which grants, policies and records name the user. */
  readonly userId: string
  readonly authentication: 'signature' | 'token' | 'oidc' | 'password'
  /** Access key that signed the request; a request with a token has none. */
  readonly accessKeyId: string | undefined
}
