import type { Kysely, Selectable } from '../packages/kysely.js'
import { type IdentityStore, type Project, StillInUse } from '../core/identity.js'
import type { ProjectId } from '../core/ids.js'
import type { Calls } from './calls.js'
import { removing, writing } from './identity-failures.js'
import { locksRows } from './row-locks.js'
import { findRow, replaceRow } from './rows.js'
import { isStorable, requireStorable } from './storable.js'
import type { AccountProjectTable, Tables } from './tables.js'

/** The projects of accounts in a database. */
export function sqlProjects(
  calls: Calls,
): Pick<
  IdentityStore,
  | 'insertProject'
  | 'findProject'
  | 'findProjectByName'
  | 'listProjects'
  | 'replaceProject'
  | 'removeProject'
> {
  return {
    insertProject: (project) => calls.run((db) => insert(db, project)),
    findProject: (id) => calls.run((db) => find(db, { id })),
    findProjectByName: (domainId, name) =>
      calls.run((db) => find(db, { domain_id: domainId, name })),
    listProjects: (domainId) => calls.run((db) => list(db, domainId)),
    replaceProject: (project) => calls.run((db) => replace(db, project)),
    removeProject: (id) => calls.run((db) => remove(db, id)),
  }
}

async function insert(db: Kysely<Tables>, project: Project): Promise<void> {
  await writing(db.insertInto('account_project').values(rowOf(project)).execute())
}

async function find(
  db: Kysely<Tables>,
  by: Parameters<typeof findRow<'account_project'>>[2],
): Promise<Project | undefined> {
  const row = await findRow(db, 'account_project', by)
  return row && projectOf(row)
}

async function list(db: Kysely<Tables>, domainId?: string): Promise<readonly Project[]> {
  if (domainId !== undefined && !isStorable(domainId)) return []
  const all = db.selectFrom('account_project').selectAll().orderBy('created_at').orderBy('id')
  const query = domainId === undefined ? all : all.where('domain_id', '=', domainId)
  return (await query.execute()).map(projectOf)
}

/** A project never moves to another account: its keys are of that one. */
async function replace(db: Kysely<Tables>, project: Project): Promise<void> {
  const fixed = ['id', 'domain_id', 'created_at'] as const
  await writing(replaceRow(db, 'account_project', rowOf(project), { fixed, what: 'project' }))
}

/** The row is locked before others are looked for, so that no access key can begin in the project in between. */
async function remove(db: Kysely<Tables>, id: ProjectId): Promise<boolean> {
  if (!isStorable(id)) return false
  return await db.transaction().execute(async (transaction) => {
    const query = transaction.selectFrom('account_project').select('id').where('id', '=', id)
    const row = await (locksRows(transaction) ? query.forUpdate() : query).executeTakeFirst()
    if (!row) return false
    for (const table of ['cmk', 'access_key'] as const) {
      const other = await transaction
        .selectFrom(table)
        .select('id')
        .where('project_id', '=', id)
        .limit(1)
        .executeTakeFirst()
      if (other) throw new StillInUse('The project has keys or access keys.')
    }
    await transaction.deleteFrom('bearer_token').where('project_id', '=', id).execute()
    await removing(transaction.deleteFrom('account_project').where('id', '=', id).execute())
    return true
  })
}

function rowOf({ id, domainId, name, state, createdAt, revision }: Project): AccountProjectTable {
  requireStorable({ project_id: id, domain_id: domainId, project_name: name })
  return { id, domain_id: domainId, name, state, created_at: createdAt, revision }
}

function projectOf(row: Selectable<AccountProjectTable>): Project {
  const { id, domain_id: domainId, name, state, created_at: createdAt, revision } = row
  return { id, domainId, name, state, createdAt, revision }
}
