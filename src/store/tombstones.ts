import type { Kysely } from '../packages/kysely.js'
import type { Cmk } from '../core/cmk.js'
import type { Tables } from './tables.js'
import { removeGrants } from './grants.js'
import { removeTags } from './tags.js'

/**
 * Takes from a CMK that has just become a tombstone what a live one has: its place in the quota, aliases, tags and
 * grants. Whoever calls this holds the project.
 */
export async function forgetCmk(db: Kysely<Tables>, { id, projectId }: Cmk): Promise<void> {
  await db
    .updateTable('project')
    .set((row) => ({ cmk_count: row('cmk_count', '-', 1) }))
    .where('id', '=', projectId)
    .execute()
  await db.deleteFrom('alias').where('cmk_id', '=', id).execute()
  await removeTags(db, id)
  await removeGrants(db, id)
  await db
    .updateTable('cmk')
    .set({ alias_count: 0, tag_count: 0, grant_count: 0 })
    .where('id', '=', id)
    .execute()
}
