import type { Kysely } from '../packages/kysely.js'
import type { Grant } from '../core/grant.js'
import { projectId } from '../core/ids.js'
import { countRetirable } from './grants.js'
import { countOfCmk } from './live-cmk.js'
import { lockProject } from './row-locks.js'
import type { Tables } from './tables.js'

/** Whom a grant was given to, or who may retire it. */
interface Principal {
  readonly id: string
  readonly type: Grant['granteePrincipalType']
}

/**
 * Removes what grants give to a user or an account that is deleted in the same transaction: the grants to it, and of a user
 * the right to retire those of others. Its id may be given again, and whoever gets it must not inherit them.
 */
export async function removeGrantsOf(db: Kysely<Tables>, principal: Principal): Promise<void> {
  const tally = new Map<string, number>()
  for (const project of await projectsOf(db, principal)) {
    await lockProject(db, projectId(project))
    await removeIn(db, { project, principal, tally })
  }
  // Last of all, and in order: other projects wait for these rows as well.
  for (const [name, count] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await countRetirable(db, name, -count)
  }
}

/** Projects with such grants, in the order in which everybody who locks several locks them. */
async function projectsOf(db: Kysely<Tables>, { id, type }: Principal): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('cmk_grant')
    .select('project_id')
    .distinct()
    .where((row) =>
      row.or([
        row.and({ grantee_principal: id, grantee_principal_type: type }),
        ...(type === 'user' ? [row('retiring_principal', '=', id)] : []),
      ]),
    )
    .execute()
  return rows.map((row) => row.project_id).sort()
}

/** `tally`: how many grants fewer each user may retire. */
async function removeIn(
  db: Kysely<Tables>,
  request: {
    readonly project: string
    readonly principal: Principal
    readonly tally: Map<string, number>
  },
): Promise<void> {
  const { project, principal, tally } = request
  const { id, type } = principal
  const removed = await db
    .deleteFrom('cmk_grant')
    .where('project_id', '=', projectId(project))
    .where('grantee_principal', '=', id)
    .where('grantee_principal_type', '=', type)
    .returning(['cmk_id', 'retiring_principal'])
    .execute()
  for (const { cmk_id: keyId, retiring_principal: name } of removed) {
    await countOfCmk(db, keyId, { of: 'grant_count', by: -1 })
    if (name !== null) tally.set(name, (tally.get(name) ?? 0) + 1)
  }
  if (type !== 'user') return
  const freed = await db
    .updateTable('cmk_grant')
    .set({ retiring_principal: null })
    .where('project_id', '=', projectId(project))
    .where('retiring_principal', '=', id)
    .returning('id')
    .execute()
  if (freed.length > 0) tally.set(id, (tally.get(id) ?? 0) + freed.length)
}
