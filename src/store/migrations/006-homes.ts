import type { Kysely, Migration } from '../../packages/kysely.js'

/**
 * The default keystore may have several tokens, one after the other. Whatever is there is on the first; the defaults stay,
 * so that a replica of the release before can go on writing until it is replaced.
 */
export const homes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('cmk')
      .addColumn('homes', 'text', (column) => column.notNull().defaultTo('1:1'))
      .execute()
    for (const table of ['cmk_version', 'import_pair', 'service_key']) {
      await db.schema
        .alterTable(table)
        .addColumn('home', 'bigint', (column) => column.notNull().defaultTo(1))
        .execute()
    }
    await db.schema.alterTable('service_key').addColumn('retired_at', 'bigint').execute()
    await db.schema
      .createTable('serving_process')
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('homes', 'text', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('serving_process_id', ['id'])
      .execute()
  },
}
