import type { Kysely } from '../packages/kysely.js'
import type { Cmk, KeyVersion } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { ProjectId } from '../core/ids.js'
import { type KeyStore, StaleRevision } from '../core/key-store.js'
import type { Calls } from './calls.js'
import { cmkRow, versionRow } from './cmk-rows.js'
import { tallyCmk, untallyCmk } from './cmk-tallies.js'
import { claimDue } from './due-claims.js'
import { isUniqueViolation } from './failures.js'
import {
  allVersions,
  countCmks,
  countCmksInKeystore,
  findCmk,
  findCmkByAlias,
  listCmks,
  versionsElsewhere,
  versionsOf,
} from './key-queries.js'
import { requireOpenKeystore } from './keystores.js'
import { lockProject } from './row-locks.js'
import { requireStorable } from './storable.js'
import { forgetCmk } from './tombstones.js'
import type { Tables } from './tables.js'

/** The CMKs in a database. */
export function sqlKeyStore(calls: Calls): KeyStore {
  return {
    insert: (request) => calls.run((db) => insert(db, request)),
    find: (projectId, keyId) => calls.run((db) => findCmk(db, keyId, projectId)),
    findAnywhere: (keyId) => calls.run((db) => findCmk(db, keyId)),
    replace: (cmk, versions = []) => calls.run((db) => replace(db, cmk, versions)),
    list: (request) => calls.run((db) => listCmks(db, request)),
    countByProject: (projectId) => calls.run((db) => countCmks(db, projectId)),
    countByKeystore: (keystoreId) => calls.run((db) => countCmksInKeystore(db, keystoreId)),
    findByAlias: (projectId, alias) => calls.run((db) => findCmkByAlias(db, projectId, alias)),
    versions: (keyId) => calls.run((db) => versionsOf(db, keyId)),
    versionsElsewhere: (home) => calls.run((db) => versionsElsewhere(db, home)),
    allVersions: () => calls.run((db) => allVersions(db)),
    claimDue: (request) => calls.run((db) => claimDue(db, request)),
  }
}

async function insert(
  db: Kysely<Tables>,
  request: Parameters<KeyStore['insert']>[0],
): Promise<void> {
  const { cmk, version, quota } = request
  requireStorableCmk(cmk, version ? [version] : [])
  const row = { ...cmkRow(cmk), alias_count: 0, tag_count: 0, grant_count: 0 }
  await db.transaction().execute(async (transaction) => {
    await takePlace(transaction, cmk.projectId, quota)
    await requireOpenKeystore(transaction, cmk.keystoreId)
    const inserted = await transaction
      .insertInto('cmk')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['project_id', 'key_alias']).where('destroyed_at', 'is', null).doNothing(),
      )
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows === 0n) throw aliasTaken()
    await tallyCmk(transaction, row)
    if (version) await transaction.insertInto('cmk_version').values(versionRow(version)).execute()
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

async function replace(
  db: Kysely<Tables>,
  cmk: Cmk,
  versions: readonly KeyVersion[],
): Promise<void> {
  requireStorableCmk(cmk, versions)
  const { id, project_id, created_at, revision, ...changed } = cmkRow(cmk)
  await db.transaction().execute(async (transaction) => {
    await lockProject(transaction, project_id)
    const before = await transaction
      .selectFrom('cmk')
      .select(['project_id', 'key_spec', 'state', 'enterprise_project_id', 'destroyed_at'])
      .where('id', '=', id)
      .where('project_id', '=', project_id)
      .where('created_at', '=', created_at)
      .where('revision', '=', revision)
      .executeTakeFirst()
    if (!before) {
      throw new StaleRevision('The key was changed by another writer since it was read.')
    }
    await transaction
      .updateTable('cmk')
      .set({ ...changed, revision: revision + 1 })
      .where('id', '=', id)
      .execute()
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? aliasTaken(error) : error
      })
    for (const version of versions) await writeVersion(transaction, version)
    await recount(transaction, before, { ...before, ...changed })
    if (before.destroyed_at === null && cmk.destroyedAt !== undefined) {
      await forgetCmk(transaction, cmk)
    }
  })
}

type Counted = Parameters<typeof tallyCmk>[1] & { readonly destroyed_at: number | null }

/** Moves a changed CMK to where it is counted from now on. */
async function recount(db: Kysely<Tables>, before: Counted, after: Counted): Promise<void> {
  if (
    before.destroyed_at === null &&
    after.destroyed_at === null &&
    before.state === after.state &&
    before.key_spec === after.key_spec &&
    before.enterprise_project_id === after.enterprise_project_id
  ) {
    return
  }
  if (before.destroyed_at === null) await untallyCmk(db, before)
  if (after.destroyed_at === null) await tallyCmk(db, after)
}

async function writeVersion(db: Kysely<Tables>, version: KeyVersion): Promise<void> {
  const { cmk_id, version: number, ...facts } = versionRow(version)
  await db
    .insertInto('cmk_version')
    .values({ cmk_id, version: number, ...facts })
    .onConflict((conflict) => conflict.columns(['cmk_id', 'version']).doUpdateSet(facts))
    .execute()
}

function aliasTaken(cause?: unknown): KmsError {
  return new KmsError('KMS.1104', 'Another key of this project has this key_alias.', { cause })
}

function requireStorableCmk(cmk: Cmk, versions: readonly KeyVersion[]): void {
  requireStorable({
    project_id: cmk.projectId,
    domain_id: cmk.domainId,
    key_alias: cmk.alias,
    key_description: cmk.description,
    enterprise_project_id: cmk.enterpriseProjectId,
    keystore_id: cmk.keystoreId,
  })
  // A version of another key would be written past its own revision.
  if (versions.some(({ key }) => key.keyId !== cmk.id)) {
    throw new TypeError('A version is stored with its own CMK only.')
  }
}
