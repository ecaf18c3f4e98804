import type { Kysely, Migration } from '../../packages/kysely.js'
import { changeAccessKeys } from './003-access-keys.js'
import { createIdentityTables } from './003-identities.js'
import { insertKnownIdentities } from './003-known-identities.js'

/** Accounts, projects, users and what they may do. */
export const trust: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await changeAccessKeys(db)
    await createIdentityTables(db)
    await insertKnownIdentities(db)
  },
}
