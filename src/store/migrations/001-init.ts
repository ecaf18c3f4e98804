import type { Kysely, Migration } from '../../packages/kysely.js'

/*
 * One text for both databases. Milliseconds since 1970 need 64 bits: `integer` of PostgreSQL has 32. `bytea` means
 * nothing to SQLite, which keeps a blob in any column as it is.
 */

/** Tables of CMKs, access keys and the service's own keys. */
export const init: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createCmkTables(db)
    await createAccessKeyTable(db)
    await createServiceKeyTable(db)
  },
}

async function createCmkTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('project')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('cmk_count', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('cmk')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('project_id', 'text', (column) => column.notNull().references('project.id'))
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('key_alias', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('key_spec', 'text', (column) => column.notNull())
    .addColumn('key_usage', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('keystore_id', 'text', (column) => column.notNull())
    .addColumn('current_version', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('cmk_alias_in_project', ['project_id', 'key_alias'])
    .execute()
  await db.schema
    .createIndex('cmk_list_order')
    .on('cmk')
    .columns(['project_id', 'created_at', 'id'])
    .execute()
  await db.schema
    .createTable('cmk_version')
    .addColumn('cmk_id', 'text', (column) => column.notNull().references('cmk.id'))
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('check_value', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('cmk_version_key', ['cmk_id', 'version'])
    .execute()
}

async function createAccessKeyTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('access_key')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('user_name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('sealed_secret', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .execute()
}

async function createServiceKeyTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('service_key')
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('check_value', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('service_key_key', ['purpose', 'generation'])
    .execute()
}
