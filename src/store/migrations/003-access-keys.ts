import type { Kysely } from '../../packages/kysely.js'

/**
 * Access keys name their user by id, which is what his name was until now: sealed secrets are bound to it, so it may not
 * change. Temporary access keys have an end and the digest of a security token.
 */
export async function changeAccessKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('access_key').renameColumn('user_name', 'user_id').execute()
  await db.schema.alterTable('access_key').addColumn('expires_at', 'bigint').execute()
  await db.schema.alterTable('access_key').addColumn('token_digest', 'bytea').execute()
  await db.schema.createIndex('access_key_expiring').on('access_key').column('expires_at').execute()
}
