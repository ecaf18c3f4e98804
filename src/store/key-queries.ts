import type { Kysely } from '../packages/kysely.js'
import type { Cmk, KeyVersion } from '../core/cmk.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import { DEFAULT_KEYSTORE } from '../core/keystore.js'
import type { CmkFilter, KeptVersion, Page } from '../core/key-store.js'
import { cmkOf, versionOf } from './cmk-rows.js'
import { tallied } from './cmk-tallies.js'
import { isStorable } from './storable.js'
import type { Tables } from './tables.js'

/** Finds a CMK or a tombstone by its id, in one project or in any. */
export async function findCmk(
  db: Kysely<Tables>,
  keyId: KeyId,
  projectId?: ProjectId,
): Promise<Cmk | undefined> {
  if (!isStorable(keyId) || !isStorable(projectId ?? '')) return undefined
  let query = db.selectFrom('cmk').selectAll().where('id', '=', keyId)
  if (projectId !== undefined) query = query.where('project_id', '=', projectId)
  const row = await query.executeTakeFirst()
  return row && cmkOf(row)
}

/** Finds a CMK by its name. */
export async function findCmkByAlias(
  db: Kysely<Tables>,
  projectId: ProjectId,
  alias: string,
): Promise<Cmk | undefined> {
  if (!isStorable(projectId) || !isStorable(alias)) return undefined
  const row = await db
    .selectFrom('cmk')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('key_alias', '=', alias)
    .where('destroyed_at', 'is', null)
    .executeTakeFirst()
  return row && cmkOf(row)
}

/** A slice of the CMKs of a project, and how many match in all. */
export async function listCmks(
  db: Kysely<Tables>,
  request: { readonly projectId: ProjectId; readonly filter: CmkFilter; readonly page: Page },
): Promise<{ readonly cmks: readonly Cmk[]; readonly total: number }> {
  const { projectId, filter, page } = request
  const texts = [projectId, filter.enterpriseProjectId ?? '']
  if (!texts.every(isStorable)) return { cmks: [], total: 0 }
  // Both queries look at one snapshot, so that the total is that of the list.
  const snapshot = db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read')
  return await snapshot.execute(async (transaction) => {
    const total = await tallied(transaction, projectId, filter)
    const rows = await matchingCmks(transaction, projectId, filter)
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .limit(page.limit)
      .offset(page.offset)
      .execute()
    return { cmks: rows.map(cmkOf), total }
  })
}

function matchingCmks(db: Kysely<Tables>, projectId: ProjectId, filter: CmkFilter) {
  const { state, spec, enterpriseProjectId } = filter
  let query = db
    .selectFrom('cmk')
    .where('project_id', '=', projectId)
    .where('destroyed_at', 'is', null)
  if (state !== undefined) query = query.where('state', '=', state)
  if (spec !== undefined) query = query.where('key_spec', '=', spec)
  if (enterpriseProjectId !== undefined) {
    query = query.where('enterprise_project_id', '=', enterpriseProjectId)
  }
  return query
}

/** How many CMKs a project has. */
export async function countCmks(db: Kysely<Tables>, projectId: ProjectId): Promise<number> {
  if (!isStorable(projectId)) return 0
  const row = await db
    .selectFrom('project')
    .select('cmk_count')
    .where('id', '=', projectId)
    .executeTakeFirst()
  return row?.cmk_count ?? 0
}

/** How many CMKs and tombstones have objects on the token of a keystore. */
export async function countCmksInKeystore(db: Kysely<Tables>, keystoreId: string): Promise<number> {
  if (!isStorable(keystoreId)) return 0
  const { total } = await db
    .selectFrom('cmk')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('keystore_id', '=', keystoreId)
    .where('material_gone', '=', 0)
    .executeTakeFirstOrThrow()
  return total
}

/** Versions of one CMK, oldest first. */
export async function versionsOf(db: Kysely<Tables>, keyId: KeyId): Promise<readonly KeyVersion[]> {
  if (!isStorable(keyId)) return []
  const rows = await db
    .selectFrom('cmk_version')
    .selectAll()
    .where('cmk_id', '=', keyId)
    .orderBy('version')
    .execute()
  return rows.map(versionOf)
}

/** Versions in the default keystore that are, or were, on another token than that of a home. */
export async function versionsElsewhere(
  db: Kysely<Tables>,
  home: number,
): Promise<readonly KeyVersion[]> {
  const rows = await db
    .selectFrom('cmk_version')
    .innerJoin('cmk', 'cmk.id', 'cmk_version.cmk_id')
    .selectAll('cmk_version')
    .where('keystore_id', '=', DEFAULT_KEYSTORE)
    .where('home', '!=', home)
    .where((row) => row.or([row('present', '=', 1), row('use', '=', 'in-use')]))
    .where('material_gone', '=', 0)
    .orderBy('cmk_id')
    .orderBy('version')
    .execute()
  return rows.map(versionOf)
}

/** Every version that should be on a token. */
export async function allVersions(db: Kysely<Tables>): Promise<readonly KeptVersion[]> {
  const rows = await db
    .selectFrom('cmk_version')
    .innerJoin('cmk', 'cmk.id', 'cmk_version.cmk_id')
    .selectAll('cmk_version')
    .select(['key_spec', 'key_usage', 'origin', 'keystore_id'])
    .where('present', '=', 1)
    .where((row) => row.or([row('destroyed_at', 'is', null), row('material_gone', '=', 0)]))
    .orderBy('cmk_id')
    .orderBy('version')
    .execute()
  return rows.map((row) => ({
    ...versionOf(row),
    spec: row.key_spec,
    usage: row.key_usage,
    origin: row.origin,
    keystoreId: row.keystore_id,
  }))
}
