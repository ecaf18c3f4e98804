import type { CreateTableBuilder, Kysely } from '../../packages/kysely.js'

/** Makes the tables of access points and key policies. */
export async function createKeySpace(db: Kysely<unknown>): Promise<void> {
  await begin(db, 'access_point')
    .addColumn('type', 'integer', (column) => column.notNull())
    .addColumn('identity', 'text', (column) => column.notNull())
    .addColumn('cluster_id', 'text', (column) => column.notNull())
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('public_key', 'bytea')
    .addColumn('sealed_private_key', 'bytea')
    .execute()
  await begin(db, 'key_policy')
    .addColumn('policy', 'text', (column) => column.notNull())
    .addColumn('last_access_at', 'bigint')
    .execute()
  for (const table of ['access_point', 'key_policy']) {
    await db.schema
      .createIndex(`${table}_list`)
      .on(table)
      .columns(['project_id', 'key_space_id', 'id'])
      .execute()
  }
}

function begin(db: Kysely<unknown>, table: string): CreateTableBuilder<string> {
  return db.schema
    .createTable(table)
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('project_id', 'text', (column) => column.notNull())
    .addColumn('key_space_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('modified_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
}
