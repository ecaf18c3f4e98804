import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from '../../packages/kysely.js'

/*
 * SQLite can neither drop a constraint nor change a primary key, so the three tables are made anew, on both databases in
 * the same way: the old one steps aside, its rows are copied, it goes. Children go before their parents, so that no
 * foreign key is ever broken.
 */

/** A version of a CMK as 001 has it. */
interface OldVersion {
  cmk_id: string
  version: number
  check_value: Uint8Array
  created_at: number
}

/** The same from now on. */
interface NewVersion extends OldVersion {
  material_id: string
  use: string
  present: number
}

/** Rows per statement: each has 7 parameters, and a statement may have 32,766. */
const BATCH = 1000

/** Makes the tables of the CMKs, their versions and the service's own keys anew, with what they hold. */
export async function rebuildKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('cmk').renameTo('cmk_001').execute()
  await db.schema.dropIndex('cmk_list_order').execute()
  await db.schema.alterTable('cmk_version').renameTo('cmk_version_001').execute()
  await createCmk(db)
  await copyCmks(db)
  await createVersion(db)
  await copyVersions(db)
  await db.schema.dropTable('cmk_version_001').execute()
  await db.schema.dropTable('cmk_001').execute()
  // Its rows are complete: indexes are built faster at once than row by row.
  await createCmkIndexes(db)
  await createTally(db)
  await rebuildServiceKey(db)
}

async function createCmk(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('cmk')
    .addColumn('id', 'text', (column) => column.notNull())
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
    .addColumn('deletion_at', 'bigint')
    .addColumn('destroyed_at', 'bigint')
    .addColumn('material_gone', 'integer', (column) => column.notNull())
    .addColumn('rotation_enabled', 'integer', (column) => column.notNull())
    .addColumn('rotation_interval', 'bigint', (column) => column.notNull())
    .addColumn('rotation_last_at', 'bigint')
    .addColumn('rotation_next_at', 'bigint')
    .addColumn('rotation_count', 'bigint', (column) => column.notNull())
    .addColumn('material_expires_at', 'bigint')
    .addColumn('due_at', 'bigint')
    .addColumn('claimed_until', 'bigint')
    .addColumn('alias_count', 'bigint', (column) => column.notNull())
    .addColumn('tag_count', 'bigint', (column) => column.notNull())
    .addColumn('grant_count', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('cmk_id', ['id'])
    .execute()
}

async function copyCmks(db: Kysely<unknown>): Promise<void> {
  const same = sql.raw(
    'id, project_id, domain_id, key_alias, description, key_spec, key_usage, state, origin, enterprise_project_id, ' +
      'keystore_id, current_version, created_at, revision',
  )
  await sql`
    insert into cmk (${same}, material_gone, rotation_enabled, rotation_interval, rotation_count,
      alias_count, tag_count, grant_count)
    select ${same}, 0, 0, 365, 0, 0, 0, 0 from cmk_001`.execute(db)
}

async function createVersion(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('cmk_version')
    .addColumn('cmk_id', 'text', (column) => column.notNull().references('cmk.id'))
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('material_id', 'text', (column) => column.notNull())
    .addColumn('check_value', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('use', 'text', (column) => column.notNull())
    .addColumn('present', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('cmk_version_id', ['cmk_id', 'version'])
    .execute()
}

/** Every version gets a name that it did not have, so they pass through this program. */
async function copyVersions(db: Kysely<unknown>): Promise<void> {
  const tables = db.withTables<{ cmk_version_001: OldVersion; cmk_version: NewVersion }>()
  const rows = await tables.selectFrom('cmk_version_001').selectAll().execute()
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH)
    await tables
      .insertInto('cmk_version')
      .values(
        batch.map((row) => ({ ...row, material_id: randomUUID(), use: 'in-use', present: 1 })),
      )
      .execute()
  }
}

async function createCmkIndexes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('cmk_alias_in_project')
    .unique()
    .on('cmk')
    .columns(['project_id', 'key_alias'])
    .where('destroyed_at' as never, 'is', null)
    .execute()
  // Each filter of the list has an index that yields its hits in the order of the list.
  const filters = {
    cmk_list: [],
    cmk_list_spec: ['key_spec'],
    cmk_list_state: ['state'],
    cmk_list_spec_state: ['key_spec', 'state'],
    cmk_list_enterprise_project: ['enterprise_project_id'],
  }
  for (const [name, columns] of Object.entries(filters)) {
    await db.schema
      .createIndex(name)
      .on('cmk')
      .columns(['project_id', ...columns, 'created_at', 'id'])
      .where('destroyed_at' as never, 'is', null)
      .execute()
  }
  await db.schema
    .createIndex('cmk_due')
    .on('cmk')
    .column('due_at')
    .where('due_at' as never, 'is not', null)
    .execute()
  await db.schema
    .createIndex('cmk_in_keystore')
    .on('cmk')
    .columns(['keystore_id', 'material_gone'])
    .execute()
  await db.schema
    .createIndex('cmk_most_grants')
    .on('cmk')
    .columns(['project_id', 'grant_count'])
    .execute()
}

async function createTally(db: Kysely<unknown>): Promise<void> {
  const alike = ['project_id', 'key_spec', 'state', 'enterprise_project_id'] as const
  await db.schema
    .createTable('cmk_tally')
    .addColumn('project_id', 'text', (column) => column.notNull().references('project.id'))
    .addColumn('key_spec', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('enterprise_project_id', 'text', (column) => column.notNull())
    .addColumn('keys', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('cmk_tally_id', [...alike])
    .execute()
  const columns = sql.raw(alike.join(', '))
  await sql`
    insert into cmk_tally (${columns}, keys)
    select ${columns}, count(*) from cmk group by ${columns}`.execute(db)
}

async function rebuildServiceKey(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('service_key').renameTo('service_key_001').execute()
  await db.schema
    .createTable('service_key')
    .addColumn('keystore_id', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('check_value', 'bytea', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('service_key_id', ['keystore_id', 'purpose', 'generation'])
    .execute()
  await sql`
    insert into service_key (keystore_id, purpose, generation, key_id, check_value, created_at)
    select '0', purpose, generation, key_id, check_value, created_at from service_key_001`.execute(
    db,
  )
  await db.schema.dropTable('service_key_001').execute()
}
