import { type Kysely, type Selectable, sql } from '../packages/kysely.js'
import type { ProjectId } from '../core/ids.js'
import type { CmkFilter } from '../core/key-store.js'
import type { CmkTable, Tables } from './tables.js'

/** What the CMKs of one row of the tally have in common. */
export type Alike = Pick<
  Selectable<CmkTable>,
  'project_id' | 'key_spec' | 'state' | 'enterprise_project_id'
>

/** Counts one CMK more. Whoever calls this holds the project (see `lockProject`). */
export async function tallyCmk(db: Kysely<Tables>, alike: Alike): Promise<void> {
  const { project_id, key_spec, state, enterprise_project_id } = alike
  await db
    .insertInto('cmk_tally')
    .values({ project_id, key_spec, state, enterprise_project_id, keys: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'key_spec', 'state', 'enterprise_project_id'])
        .doUpdateSet((tally) => ({ keys: tally('cmk_tally.keys', '+', 1) })),
    )
    .execute()
}

/** Counts one CMK less. Whoever calls this holds the project. */
export async function untallyCmk(db: Kysely<Tables>, alike: Alike): Promise<void> {
  const { project_id, key_spec, state, enterprise_project_id } = alike
  const row = { project_id, key_spec, state, enterprise_project_id }
  await db
    .updateTable('cmk_tally')
    .set((tally) => ({ keys: tally('keys', '-', 1) }))
    .where((tally) => tally.and(row))
    .execute()
  // Clients choose enterprise projects freely: what is used up must not stay.
  await db
    .deleteFrom('cmk_tally')
    .where((tally) => tally.and(row))
    .where('keys', '=', 0)
    .execute()
}

/** How many CMKs of a project a filter lets through. */
export async function tallied(
  db: Kysely<Tables>,
  projectId: ProjectId,
  filter: CmkFilter,
): Promise<number> {
  const { state, spec, enterpriseProjectId } = filter
  let query = db
    .selectFrom('cmk_tally')
    .select(sql<number>`cast(coalesce(sum(keys), 0) as bigint)`.as('total'))
    .where('project_id', '=', projectId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (spec !== undefined) query = query.where('key_spec', '=', spec)
  if (enterpriseProjectId !== undefined) {
    query = query.where('enterprise_project_id', '=', enterpriseProjectId)
  }
  return (await query.executeTakeFirstOrThrow()).total
}
