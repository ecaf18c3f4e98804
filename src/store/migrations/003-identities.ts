import type { Kysely } from '../../packages/kysely.js'

/** Tables of accounts, projects, users, policies and bearer tokens. */
export async function createIdentityTables(db: Kysely<unknown>): Promise<void> {
  await createAccountTables(db)
  await createPolicyTables(db)
  await createTokenTable(db)
  // How often an address or a caller has called; the package that counts wants it so.
  await db.schema
    .createTable('call_count')
    .addColumn('key', 'varchar(255)', (column) => column.primaryKey().notNull())
    .addColumn('points', 'integer', (column) => column.notNull())
    .addColumn('expire', 'bigint')
    .execute()
}

async function createAccountTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('account')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .execute()
  // `project` is what writers of CMKs queue for, and has a row only where there are some.
  await db.schema
    .createTable('account_project')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('account_project_name', ['domain_id', 'name'])
    .execute()
  await db.schema
    .createTable('account_user')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('certificates', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('account_user_name', ['domain_id', 'name'])
    .execute()
}

async function createPolicyTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('access_policy')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('access_policy_name', ['domain_id', 'name'])
    .execute()
  // A policy that the software brings along has no row: the column refers to none.
  await db.schema
    .createTable('attached_policy')
    .addColumn('user_id', 'text', (column) => column.notNull().references('account_user.id'))
    .addColumn('policy_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('attached_policy_key', ['user_id', 'policy_id'])
    .execute()
  await db.schema
    .createIndex('attached_policy_users')
    .on('attached_policy')
    .column('policy_id')
    .execute()
}

async function createTokenTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('bearer_token')
    .addColumn('digest', 'bytea', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('account_user.id'))
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('project_id', 'text', (column) => column.notNull().references('account_project.id'))
    .addColumn('issued_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  for (const column of ['user_id', 'project_id', 'expires_at']) {
    await db.schema
      .createIndex(`bearer_token_${column}`)
      .on('bearer_token')
      .column(column)
      .execute()
  }
  await db.schema.createIndex('access_key_user').on('access_key').column('user_id').execute()
  await db.schema.createIndex('access_key_project').on('access_key').column('project_id').execute()
}
