import type { IdentityStore } from '../core/identity.js'
import { sqlAccounts } from './accounts.js'
import type { Calls } from './calls.js'
import { sqlProjects } from './projects.js'
import { sqlUsers } from './users.js'

/** Accounts, projects and users in a database. */
export function sqlIdentityStore(calls: Calls): IdentityStore {
  return { ...sqlAccounts(calls), ...sqlProjects(calls), ...sqlUsers(calls) }
}
