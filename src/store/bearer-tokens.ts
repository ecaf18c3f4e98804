import type { Kysely, Selectable } from '../packages/kysely.js'
import type { BearerToken, BearerTokenStore } from '../core/bearer-token.js'
import type { Calls } from './calls.js'
import { writing } from './identity-failures.js'
import { isStorable, requireStorable } from './storable.js'
import type { BearerTokenTable, Tables } from './tables.js'

/** The bearer tokens in a database. */
export function sqlBearerTokenStore(calls: Calls): BearerTokenStore {
  return {
    insert: (token) => calls.run((db) => insert(db, token)),
    find: (digest) => calls.run((db) => find(db, digest)),
    removeOfUser: (userId) => calls.run((db) => removeOfUser(db, userId)),
    removeExpired: (before) => calls.run((db) => removeExpired(db, before)),
  }
}

async function insert(db: Kysely<Tables>, token: BearerToken): Promise<void> {
  const { userId, domainId, projectId } = token
  requireStorable({ user_id: userId, domain_id: domainId, project_id: projectId })
  const row = {
    digest: token.digest,
    user_id: userId,
    domain_id: domainId,
    project_id: projectId,
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
  }
  await writing(db.insertInto('bearer_token').values(row).execute())
}

async function find(db: Kysely<Tables>, digest: Uint8Array): Promise<BearerToken | undefined> {
  const row = await db
    .selectFrom('bearer_token')
    .selectAll()
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row && tokenOf(row)
}

async function removeOfUser(db: Kysely<Tables>, userId: string): Promise<number> {
  if (!isStorable(userId)) return 0
  const deleted = await db
    .deleteFrom('bearer_token')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}

async function removeExpired(db: Kysely<Tables>, before: number): Promise<number> {
  const deleted = await db
    .deleteFrom('bearer_token')
    .where('expires_at', '<', before)
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}

function tokenOf(row: Selectable<BearerTokenTable>): BearerToken {
  return {
    digest: new Uint8Array(row.digest),
    userId: row.user_id,
    domainId: row.domain_id,
    projectId: row.project_id,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  }
}
