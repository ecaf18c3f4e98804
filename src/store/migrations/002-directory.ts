import { type Kysely, sql } from '../../packages/kysely.js'
import { locksRows } from '../row-locks.js'

/** Makes the tables of aliases, tags, grants, keystores and pairs for imports. */
export async function createDirectory(db: Kysely<unknown>): Promise<void> {
  await createAlias(db)
  await createTag(db)
  await createGrant(db)
  await createKeystore(db)
  await createImportPair(db)
}

async function createAlias(db: Kysely<unknown>): Promise<void> {
  // PostgreSQL sorts by the language of the server unless told otherwise; SQLite always sorts by code point.
  const byCodePoint = locksRows(db) ? sql`text collate "C"` : 'text'
  await db.schema
    .createTable('alias')
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('name', byCodePoint, (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('cmk_id', 'text', (column) => column.notNull().references('cmk.id'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('alias_id', ['domain_id', 'name'])
    .execute()
  await createIndex(db, 'alias', { alias_in_project: ['project_id', 'name'] })
  await createIndex(db, 'alias', { alias_of_cmk: ['cmk_id', 'name'] })
}

async function createTag(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tag')
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('cmk_id', 'text', (column) => column.notNull().references('cmk.id'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('cmk_created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('tag_id', ['cmk_id', 'key'])
    .execute()
  const order = ['cmk_created_at', 'cmk_id']
  await createIndex(db, 'tag', { tag_value: ['project_id', 'key', 'value', ...order] })
  await createIndex(db, 'tag', { tag_any_value: ['project_id', 'key', ...order] })
  await db.schema
    .createTable('tag_tally')
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('keys', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('tag_tally_id', ['project_id', 'key', 'value'])
    .execute()
}

async function createGrant(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('cmk_grant')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('cmk_id', 'text', (column) => column.notNull().references('cmk.id'))
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('grantee_principal', 'text', (column) => column.notNull())
    .addColumn('grantee_principal_type', 'text', (column) => column.notNull())
    .addColumn('operations', 'text', (column) => column.notNull())
    .addColumn('issuing_principal', 'text', (column) => column.notNull())
    .addColumn('retiring_principal', 'text')
    .addColumn('name', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  const order = ['created_at', 'id']
  await createIndex(db, 'cmk_grant', { grant_of_cmk: ['cmk_id', ...order] })
  await createIndex(db, 'cmk_grant', { grant_retirable: ['retiring_principal', ...order] })
  const grantee = ['cmk_id', 'grantee_principal', 'grantee_principal_type']
  await createIndex(db, 'cmk_grant', { grant_of_grantee: grantee })
  await db.schema
    .createTable('retirable_tally')
    .addColumn('principal', 'text', (column) => column.primaryKey().notNull())
    .addColumn('grants', 'bigint', (column) => column.notNull())
    .execute()
}

async function createKeystore(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('keystore')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('alias', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('cluster_id', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('keystore_alias_in_account', ['domain_id', 'alias'])
    .execute()
  await createIndex(db, 'keystore', { keystore_list: ['domain_id', 'created_at', 'id'] })
}

async function createImportPair(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('import_pair')
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('cmk_id', 'text', (column) => column.notNull().references('cmk.id'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('import_pair_id', ['key_id', 'version'])
    .execute()
  await createIndex(db, 'import_pair', { import_pair_of_cmk: ['cmk_id', 'created_at', 'key_id'] })
  await createIndex(db, 'import_pair', { import_pair_expiry: ['expires_at', 'key_id'] })
}

async function createIndex(
  db: Kysely<unknown>,
  table: string,
  indexes: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [name, columns] of Object.entries(indexes)) {
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute()
  }
}
