import type { Kysely, Migration } from '../../packages/kysely.js'

/** Projects can be disabled, as accounts and users can. */
export const projectState: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const [name, type, initial] of [
      ['state', 'text', 'active'],
      ['revision', 'bigint', 1],
    ] as const) {
      await db.schema
        .alterTable('account_project')
        .addColumn(name, type, (column) => column.notNull().defaultTo(initial))
        .execute()
    }
  },
}
