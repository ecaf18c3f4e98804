import type { AccessKey } from '../../core/access-key.js'
import type { Grant } from '../../core/grant.js'
import type { User } from '../../core/identity.js'

/** How far the policies of a user let him do one class of actions: how many of its operations, and how many in part. */
export interface ClassRight {
  readonly all: number
  /** Allowed on some keys only, or under a condition. */
  readonly limited: number
  readonly operations: number
}

/** A user, and what the policies that are attached to him say. */
export interface UserRights {
  readonly user: Pick<User, 'id' | 'name' | 'domainId' | 'state'>
  /** Names of the policies. */
  readonly policies: readonly string[]
  /** By class of actions, in the order of {@link RightsSeen.classes}. */
  readonly rights: readonly ClassRight[]
  /** A policy that cannot be read fails each of his calls. */
  readonly unreadable: string | undefined
}

/** Who may do what. Times in milliseconds since 1970. */
export interface RightsSeen {
  readonly now: number
  readonly classes: readonly string[]
  readonly users: readonly UserRights[]
  readonly grants: readonly Grant[]
  readonly accessKeys: readonly Pick<
    AccessKey,
    'id' | 'userId' | 'state' | 'createdAt' | 'temporary'
  >[]
  /** When each access key was last seen in the audit log; nothing where the log could not be read. */
  readonly lastUse: ReadonlyMap<string, number> | undefined
  /** How far the audit log goes back. */
  readonly loggedSince: number
  /** Oldest that an access key may be, and longest that it may be unused, in days. */
  readonly maxAgeDays: number
  readonly maxIdleDays: number
}
