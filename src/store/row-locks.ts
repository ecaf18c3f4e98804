import { type Kysely, PostgresAdapter } from '../packages/kysely.js'
import type { ProjectId } from '../core/ids.js'
import type { Tables } from './tables.js'

/**
 * Whether a database locks single rows. SQLite has one write lock for the whole file, which every transaction of the
 * store that is not read-only takes at its beginning.
 */
export function locksRows(db: Pick<Kysely<unknown>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/**
 * Makes this transaction the only one that writes in a project until it ends. Every writer of a CMK, its names, tags and
 * grants begins with this: counters lose nothing, and no two writers wait for each other in a circle.
 */
export async function lockProject(db: Kysely<Tables>, projectId: ProjectId): Promise<void> {
  if (!locksRows(db)) return
  await db
    .selectFrom('project')
    .select('id')
    .where('id', '=', projectId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}
