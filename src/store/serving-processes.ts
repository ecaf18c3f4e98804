import type { Kysely } from '../packages/kysely.js'
import type { ServingProcess, ServingProcessStore } from '../core/serving-process.js'
import type { Calls } from './calls.js'
import type { Tables } from './tables.js'

const DAY_MS = 24 * 60 * 60 * 1000

/** The processes that serve, in a database. */
export function sqlServingProcessStore(calls: Calls): ServingProcessStore {
  return {
    note: (process) => calls.run((db) => note(db, process)),
    remove: (id) => calls.run((db) => remove(db, id)),
    list: (since) => calls.run((db) => list(db, since)),
  }
}

async function note(db: Kysely<Tables>, { id, homes, seenAt }: ServingProcess): Promise<void> {
  const facts = { homes: homes.join(','), seen_at: seenAt }
  await db
    .insertInto('serving_process')
    .values({ id, ...facts })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(facts))
    .execute()
  await db
    .deleteFrom('serving_process')
    .where('seen_at', '<', seenAt - DAY_MS)
    .execute()
}

async function remove(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom('serving_process').where('id', '=', id).execute()
}

async function list(db: Kysely<Tables>, since: number): Promise<readonly ServingProcess[]> {
  const rows = await db
    .selectFrom('serving_process')
    .selectAll()
    .where('seen_at', '>=', since)
    .orderBy('id')
    .execute()
  return rows.map(({ id, homes, seen_at: seenAt }) => ({
    id,
    homes: homes.split(',').map(Number),
    seenAt,
  }))
}
