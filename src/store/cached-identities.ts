import type { AccessPolicyStore, AttachedPolicy } from '../core/access-policy.js'
import type { Clock } from '../core/clock.js'
import type { Account, KnownIdentities, Project, User } from '../core/identity.js'
import { readThrough } from './read-through.js'

/**
 * Answers `findAccount`, `findProject` and `findUser` from memory for half a second: who is disabled is refused half a
 * second later at the latest.
 */
export function cachedIdentities(store: KnownIdentities, clock: Clock): KnownIdentities {
  const accounts = readThrough<Account>(clock)
  const projects = readThrough<Project>(clock)
  const users = readThrough<User>(clock)
  return {
    findAccount: (id) => accounts.find(id, () => store.findAccount(id)),
    findProject: (id) => projects.find(id, () => store.findProject(id)),
    findUser: (id) => users.find(id, () => store.findUser(id)),
  }
}

/**
 * Answers which policies are attached to a user from memory for half a second; while it does, the list is the very same
 * object.
 */
export function cachedPolicies(
  store: Pick<AccessPolicyStore, 'attachedTo'>,
  clock: Clock,
): Pick<AccessPolicyStore, 'attachedTo'> {
  const attached = readThrough<readonly AttachedPolicy[]>(clock)
  return {
    attachedTo: async (userId) =>
      (await attached.find(userId, () => store.attachedTo(userId))) ?? [],
  }
}
