import type { Kysely, Selectable } from '../packages/kysely.js'
import type { Alias, AliasStore } from '../core/alias.js'
import { KmsError } from '../core/errors.js'
import type { ProjectId } from '../core/ids.js'
import type { Calls } from './calls.js'
import { countOfCmk, holdLiveCmk } from './live-cmk.js'
import { lockProject } from './row-locks.js'
import { isStorable, requireStorable } from './storable.js'
import type { AliasTable, Tables } from './tables.js'

/** The aliases in a database. */
export function sqlAliasStore(calls: Calls): AliasStore {
  return {
    insert: (request) => calls.run((db) => insert(db, request)),
    find: (projectId, name) => calls.run((db) => find(db, projectId, name)),
    move: (request) => calls.run((db) => move(db, request)),
    remove: (request) => calls.run((db) => remove(db, request)),
    list: (request) => calls.run((db) => list(db, request)),
  }
}

type Request<Name extends 'insert' | 'move' | 'remove' | 'list'> = Parameters<AliasStore[Name]>[0]

async function insert(db: Kysely<Tables>, { alias, perKey }: Request<'insert'>): Promise<void> {
  const { projectId, domainId, keyId, name } = alias
  requireStorable({ project_id: projectId, domain_id: domainId, alias: name })
  await db.transaction().execute(async (transaction) => {
    const cmk = await holdLiveCmk(transaction, { projectId, keyId })
    const inserted = await transaction
      .insertInto('alias')
      .values({
        domain_id: domainId,
        name,
        project_id: projectId,
        cmk_id: keyId,
        created_at: alias.createdAt,
        updated_at: alias.updatedAt,
      })
      .onConflict((conflict) => conflict.columns(['domain_id', 'name']).doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows === 0n) {
      throw new KmsError('KMS.1104', 'The account has this alias already.')
    }
    requireRoom(cmk.alias_count, perKey)
    await countOfCmk(transaction, keyId, { of: 'alias_count', by: 1 })
  })
}

async function find(
  db: Kysely<Tables>,
  projectId: ProjectId,
  name: string,
): Promise<Alias | undefined> {
  if (!isStorable(projectId) || !isStorable(name)) return undefined
  const row = await db
    .selectFrom('alias')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst()
  return row && aliasOf(row)
}

async function move(
  db: Kysely<Tables>,
  { projectId, name, to, at, perKey }: Request<'move'>,
): Promise<Alias | undefined> {
  if (![projectId, name, to].every(isStorable)) return undefined
  return await db.transaction().execute(async (transaction) => {
    await lockProject(transaction, projectId)
    const alias = await find(transaction, projectId, name)
    if (!alias) return undefined
    const cmk = await holdLiveCmk(transaction, { projectId, keyId: to })
    if (alias.keyId !== to) {
      requireRoom(cmk.alias_count, perKey)
      await countOfCmk(transaction, alias.keyId, { of: 'alias_count', by: -1 })
      await countOfCmk(transaction, to, { of: 'alias_count', by: 1 })
    }
    await transaction
      .updateTable('alias')
      .set({ cmk_id: to, updated_at: at })
      .where('project_id', '=', projectId)
      .where('name', '=', name)
      .execute()
    return { ...alias, keyId: to, updatedAt: at }
  })
}

async function remove(
  db: Kysely<Tables>,
  { projectId, keyId, names }: Request<'remove'>,
): Promise<readonly string[]> {
  const wanted = [...new Set(names)]
  if (wanted.length === 0) return []
  const known = [projectId, keyId].every(isStorable) ? wanted.filter(isStorable) : []
  if (known.length === 0) return wanted
  return await db.transaction().execute(async (transaction) => {
    await lockProject(transaction, projectId)
    const rows = await transaction
      .selectFrom('alias')
      .select('name')
      .where('project_id', '=', projectId)
      .where('cmk_id', '=', keyId)
      .where('name', 'in', known)
      .execute()
    const found = new Set(rows.map(({ name }) => name))
    const missing = wanted.filter((name) => !found.has(name))
    if (missing.length > 0) return missing
    await transaction
      .deleteFrom('alias')
      .where('project_id', '=', projectId)
      .where('cmk_id', '=', keyId)
      .where('name', 'in', known)
      .execute()
    await countOfCmk(transaction, keyId, { of: 'alias_count', by: -known.length })
    return []
  })
}

async function list(
  db: Kysely<Tables>,
  { projectId, keyId, after, limit }: Request<'list'>,
): ReturnType<AliasStore['list']> {
  if (![projectId, keyId ?? '', after ?? ''].every(isStorable)) return { aliases: [], more: false }
  let query = db
    .selectFrom('alias')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('name')
    .limit(limit + 1)
  if (keyId !== undefined) query = query.where('cmk_id', '=', keyId)
  if (after !== undefined) query = query.where('name', '>', after)
  const rows = await query.execute()
  return { aliases: rows.slice(0, limit).map(aliasOf), more: rows.length > limit }
}

function requireRoom(count: number, perKey: number): void {
  if (count < perKey) return
  throw new KmsError('KMS.0308', `A key has at most ${perKey} aliases; this one has all of them.`)
}

function aliasOf(row: Selectable<AliasTable>): Alias {
  return {
    name: row.name,
    projectId: row.project_id,
    domainId: row.domain_id,
    keyId: row.cmk_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
