import type { Kysely } from 'kysely'
import type { Cmk, KeyVersion } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import { type CmkFilter, type KeyStore, type Page, StaleRevision } from '../core/key-store.js'
import type { Calls } from './calls.js'
import { cmkOf, cmkRow, versionOf, versionRow } from './cmk-rows.js'
import { isUniqueViolation } from './failures.js'
import { isStorable, requireStorable } from './storable.js'
import type { Tables } from './tables.js'

/** The CMKs in a database. */
export function sqlKeyStore(calls: Calls): KeyStore {
  return {
    insert: (request) => calls.run((db) => insert(db, request)),
    find: (projectId, keyId) => calls.run((db) => find(db, projectId, keyId)),
    replace: (cmk) => calls.run((db) => replace(db, cmk)),
    list: (request) => calls.run((db) => list(db, request)),
    countByProject: (projectId) => calls.run((db) => countByProject(db, projectId)),
    findByAlias: (projectId, alias) => calls.run((db) => findByAlias(db, projectId, alias)),
    allVersions: () => calls.run((db) => allVersions(db)),
  }
}

async function insert(
  db: Kysely<Tables>,
  request: { readonly cmk: Cmk; readonly version: KeyVersion; readonly quota: number },
): Promise<void> {
  const { cmk, version, quota } = request
  requireStorableCmk(cmk)
  await db.transaction().execute(async (transaction) => {
    await takePlace(transaction, cmk.projectId, quota)
    const inserted = await transaction
      .insertInto('cmk')
      .values(cmkRow(cmk))
      .onConflict((conflict) => conflict.columns(['project_id', 'key_alias']).doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows === 0n) throw aliasTaken()
    await transaction.insertInto('cmk_version').values(versionRow(version)).execute()
  })
}

/**
 * Counts one CMK more, unless the quota is used up. The row of the project stays locked until the transaction ends, so
 * whoever comes next counts what this one has added.
 */
async function takePlace(db: Kysely<Tables>, projectId: ProjectId, quota: number): Promise<void> {
  await db
    .insertInto('project')
    .values({ id: projectId, cmk_count: 0 })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  const counted = await db
    .updateTable('project')
    .set((row) => ({ cmk_count: row('cmk_count', '+', 1) }))
    .where('id', '=', projectId)
    .where('cmk_count', '<', quota)
    .executeTakeFirst()
  if (counted.numUpdatedRows === 0n) {
    throw new KmsError('KMS.1105', `The project has its ${quota} keys already.`)
  }
}

async function find(
  db: Kysely<Tables>,
  projectId: ProjectId,
  keyId: KeyId,
): Promise<Cmk | undefined> {
  if (!isStorable(projectId) || !isStorable(keyId)) return undefined
  const row = await db
    .selectFrom('cmk')
    .selectAll()
    .where('id', '=', keyId)
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  return row && cmkOf(row)
}

async function replace(db: Kysely<Tables>, cmk: Cmk): Promise<void> {
  requireStorableCmk(cmk)
  const { id, project_id, created_at, revision, ...changed } = cmkRow(cmk)
  const updated = await db
    .updateTable('cmk')
    .set({ ...changed, revision: revision + 1 })
    .where('id', '=', id)
    .where('project_id', '=', project_id)
    .where('created_at', '=', created_at)
    .where('revision', '=', revision)
    .executeTakeFirst()
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? aliasTaken(error) : error
    })
  if (updated.numUpdatedRows === 0n) {
    throw new StaleRevision('The key was changed by another writer since it was read.')
  }
}

async function list(
  db: Kysely<Tables>,
  request: { readonly projectId: ProjectId; readonly filter: CmkFilter; readonly page: Page },
): Promise<{ readonly cmks: readonly Cmk[]; readonly total: number }> {
  const { projectId, filter, page } = request
  const texts = [projectId, filter.enterpriseProjectId ?? '']
  if (!texts.every(isStorable)) return { cmks: [], total: 0 }
  // Both queries look at one snapshot, so that the total is that of the list.
  const snapshot = db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read')
  return snapshot.execute(async (transaction) => {
    const matching = matchingCmks(transaction, projectId, filter)
    const { total } = await matching
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const rows = await matching
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
  let query = db.selectFrom('cmk').where('project_id', '=', projectId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (spec !== undefined) query = query.where('key_spec', '=', spec)
  if (enterpriseProjectId !== undefined) {
    query = query.where('enterprise_project_id', '=', enterpriseProjectId)
  }
  return query
}

async function countByProject(db: Kysely<Tables>, projectId: ProjectId): Promise<number> {
  if (!isStorable(projectId)) return 0
  const row = await db
    .selectFrom('project')
    .select('cmk_count')
    .where('id', '=', projectId)
    .executeTakeFirst()
  return row?.cmk_count ?? 0
}

async function findByAlias(
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
    .executeTakeFirst()
  return row && cmkOf(row)
}

async function allVersions(db: Kysely<Tables>): Promise<readonly KeyVersion[]> {
  const rows = await db
    .selectFrom('cmk_version')
    .selectAll()
    .orderBy('cmk_id')
    .orderBy('version')
    .execute()
  return rows.map(versionOf)
}

function aliasTaken(cause?: unknown): KmsError {
  return new KmsError('KMS.1104', 'Another key of this project has this key_alias.', { cause })
}

function requireStorableCmk(cmk: Cmk): void {
  requireStorable({
    project_id: cmk.projectId,
    domain_id: cmk.domainId,
    key_alias: cmk.alias,
    key_description: cmk.description,
    enterprise_project_id: cmk.enterpriseProjectId,
    keystore_id: cmk.keystoreId,
  })
}
