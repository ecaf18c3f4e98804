import type { Kysely, Selectable } from '../packages/kysely.js'
import { KmsError } from '../core/errors.js'
import { GRANT_OPERATIONS, type Grant, type GrantStore } from '../core/grant.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { Calls } from './calls.js'
import { countOfCmk, holdLiveCmk } from './live-cmk.js'
import { lockProject } from './row-locks.js'
import { isStorable, requireStorable } from './storable.js'
import type { CmkGrantTable, Tables } from './tables.js'

/** The grants in a database. */
export function sqlGrantStore(calls: Calls): GrantStore {
  return {
    insert: (request) => calls.run((db) => insert(db, request)),
    find: (id) => calls.run((db) => find(db, id)),
    remove: (id) => calls.run((db) => remove(db, id)),
    listByKey: (request) => calls.run((db) => listByKey(db, request)),
    listRetirable: (request) => calls.run((db) => listRetirable(db, request)),
    listForGrantee: (request) => calls.run((db) => listForGrantee(db, request)),
    highestCount: (projectId) => calls.run((db) => highestCount(db, projectId)),
  }
}

/** Removes the grants of a CMK that becomes a tombstone. Whoever calls this holds its project. */
export async function removeGrants(db: Kysely<Tables>, keyId: KeyId): Promise<void> {
  const removed = await db
    .deleteFrom('cmk_grant')
    .where('cmk_id', '=', keyId)
    .returning('retiring_principal')
    .execute()
  const principals = removed.map((row) => row.retiring_principal).filter((name) => name !== null)
  // In order: the users of several projects may be the same, and must not be counted in a circle of waiting writers.
  for (const principal of principals.sort()) await countRetirable(db, principal, -1)
}

type Request<Name extends 'insert' | 'listByKey' | 'listRetirable' | 'listForGrantee'> = Parameters<
  GrantStore[Name]
>[0]

async function insert(db: Kysely<Tables>, { grant, perKey }: Request<'insert'>): Promise<void> {
  const row = rowOf(grant)
  requireStorable({
    grant_id: row.id,
    grantee_principal: row.grantee_principal,
    issuing_principal: row.issuing_principal,
    retiring_principal: row.retiring_principal ?? '',
    name: row.name ?? '',
  })
  await db.transaction().execute(async (transaction) => {
    const cmk = await holdLiveCmk(transaction, grant)
    if (cmk.grant_count >= perKey) {
      throw new KmsError('KMS.2404', `A key has at most ${perKey} grants; this one has them all.`)
    }
    await transaction.insertInto('cmk_grant').values(row).execute()
    await countOfCmk(transaction, grant.keyId, { of: 'grant_count', by: 1 })
    if (row.retiring_principal !== null) {
      await countRetirable(transaction, row.retiring_principal, 1)
    }
  })
}

/** Counts the grants that a user may retire; last of all in a transaction, since other projects wait for it as well. */
export async function countRetirable(
  db: Kysely<Tables>,
  principal: string,
  by: number,
): Promise<void> {
  const { grants } = await db
    .insertInto('retirable_tally')
    .values({ principal, grants: by })
    .onConflict((conflict) =>
      conflict
        .column('principal')
        .doUpdateSet((tally) => ({ grants: tally('retirable_tally.grants', '+', by) })),
    )
    .returning('grants')
    .executeTakeFirstOrThrow()
  if (grants > 0) return
  await db.deleteFrom('retirable_tally').where('principal', '=', principal).execute()
}

async function find(db: Kysely<Tables>, id: string): Promise<Grant | undefined> {
  if (!isStorable(id)) return undefined
  const row = await db.selectFrom('cmk_grant').selectAll().where('id', '=', id).executeTakeFirst()
  return row && grantOf(row)
}

async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isStorable(id)) return false
  return await db.transaction().execute(async (transaction) => {
    const grant = await find(transaction, id)
    if (!grant) return false
    await lockProject(transaction, grant.projectId)
    const deleted = await transaction
      .deleteFrom('cmk_grant')
      .where('id', '=', id)
      .executeTakeFirst()
    // Another replica was first.
    if (deleted.numDeletedRows === 0n) return false
    await countOfCmk(transaction, grant.keyId, { of: 'grant_count', by: -1 })
    if (grant.retiringPrincipal !== undefined) {
      await countRetirable(transaction, grant.retiringPrincipal, -1)
    }
    return true
  })
}

async function listByKey(
  db: Kysely<Tables>,
  { keyId, page }: Request<'listByKey'>,
): ReturnType<GrantStore['listByKey']> {
  if (!isStorable(keyId)) return { grants: [], total: 0 }
  return await inSnapshot(db, async (snapshot) => {
    const cmk = await snapshot
      .selectFrom('cmk')
      .select('grant_count')
      .where('id', '=', keyId)
      .executeTakeFirst()
    const rows = await inOrder(snapshot)
      .where('cmk_id', '=', keyId)
      .limit(page.limit)
      .offset(page.offset)
      .execute()
    return { grants: rows.map(grantOf), total: cmk?.grant_count ?? 0 }
  })
}

async function listRetirable(
  db: Kysely<Tables>,
  { principal, page }: Request<'listRetirable'>,
): ReturnType<GrantStore['listRetirable']> {
  if (!isStorable(principal)) return { grants: [], total: 0 }
  return await inSnapshot(db, async (snapshot) => {
    const tally = await snapshot
      .selectFrom('retirable_tally')
      .select('grants')
      .where('principal', '=', principal)
      .executeTakeFirst()
    const rows = await inOrder(snapshot)
      .where('retiring_principal', '=', principal)
      .limit(page.limit)
      .offset(page.offset)
      .execute()
    return { grants: rows.map(grantOf), total: tally?.grants ?? 0 }
  })
}

/** Total and page belong together. */
function inSnapshot<T>(db: Kysely<Tables>, work: (snapshot: Kysely<Tables>) => Promise<T>) {
  return db
    .transaction()
    .setAccessMode('read only')
    .setIsolationLevel('repeatable read')
    .execute(work)
}

async function listForGrantee(
  db: Kysely<Tables>,
  { keyId, userId, domainId }: Request<'listForGrantee'>,
): Promise<readonly Grant[]> {
  if (![keyId, userId, domainId].every(isStorable)) return []
  const rows = await inOrder(db)
    .where('cmk_id', '=', keyId)
    .where((row) =>
      row.or([
        row.and({ grantee_principal: userId, grantee_principal_type: 'user' }),
        row.and({ grantee_principal: domainId, grantee_principal_type: 'domain' }),
      ]),
    )
    .execute()
  return rows.map(grantOf)
}

function inOrder(db: Kysely<Tables>) {
  return db.selectFrom('cmk_grant').selectAll().orderBy('created_at').orderBy('id')
}

async function highestCount(db: Kysely<Tables>, projectId: ProjectId): Promise<number> {
  if (!isStorable(projectId)) return 0
  const row = await db
    .selectFrom('cmk')
    .select('grant_count')
    .where('project_id', '=', projectId)
    .orderBy('grant_count', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.grant_count ?? 0
}

function rowOf(grant: Grant): CmkGrantTable {
  return {
    id: grant.id,
    cmk_id: grant.keyId,
    project_id: grant.projectId,
    grantee_principal: grant.granteePrincipal,
    grantee_principal_type: grant.granteePrincipalType,
    operations: grant.operations.join(','),
    issuing_principal: grant.issuingPrincipal,
    retiring_principal: grant.retiringPrincipal ?? null,
    name: grant.name ?? null,
    created_at: grant.createdAt,
  }
}

function grantOf(row: Selectable<CmkGrantTable>): Grant {
  const names = row.operations.split(',')
  return {
    id: row.id,
    keyId: row.cmk_id,
    projectId: row.project_id,
    granteePrincipal: row.grantee_principal,
    granteePrincipalType: row.grantee_principal_type,
    operations: names.flatMap((name) => GRANT_OPERATIONS.find((known) => known === name) ?? []),
    issuingPrincipal: row.issuing_principal,
    retiringPrincipal: row.retiring_principal ?? undefined,
    name: row.name ?? undefined,
    createdAt: row.created_at,
  }
}
