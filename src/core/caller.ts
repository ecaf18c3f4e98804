import type { ProjectId } from './ids.js'

/** Who is calling: the authenticated principal within its project. */
export interface Caller {
  readonly projectId: ProjectId
  /** Account that owns the project. */
  readonly domainId: string
  readonly userName: string
  readonly accessKeyId: string
}
