import { type Kysely, sql } from '../packages/kysely.js'
import type { ProjectId } from '../core/ids.js'
import type { KeySpaceObject, KeySpaceStore } from '../core/key-space.js'
import type { Calls } from './calls.js'
import { replaceRow } from './rows.js'
import { isStorable, requireStorable } from './storable.js'
import type { KeySpaceTable, Tables } from './tables.js'

/** A kind of objects of the key space: its table, and what a row of it means. */
export interface KeySpaceKind<Item extends KeySpaceObject, Row extends KeySpaceTable> {
  readonly table: keyof Tables
  readonly rowOf: (item: Item) => Row
  readonly itemOf: (row: Row) => Item
}

/** Objects of one kind of the key space in a database. */
export function sqlKeySpaceStore<Item extends KeySpaceObject, Row extends KeySpaceTable>(
  calls: Calls,
  kind: KeySpaceKind<Item, Row>,
): KeySpaceStore<Item> {
  return {
    insert: (item) => calls.run((db) => insert(db, kind, item)),
    find: (projectId, id) => calls.run((db) => find(db, kind, { projectId, id })),
    replace: (item) => calls.run((db) => replace(db, kind, item)),
    remove: (projectId, id) => calls.run((db) => remove(db, kind.table, { projectId, id })),
    list: (request) => calls.run((db) => list(db, kind, request)),
  }
}

async function insert<Item extends KeySpaceObject, Row extends KeySpaceTable>(
  db: Kysely<Tables>,
  { table, rowOf }: KeySpaceKind<Item, Row>,
  item: Item,
): Promise<void> {
  const row: KeySpaceTable = rowOf(item)
  requireStorableRow(row)
  const columns = Object.entries<unknown>({ ...row })
  const names = sql.join(columns.map(([name]) => sql.ref(name)))
  const values = sql.join(columns.map(([, value]) => value))
  await sql`insert into ${sql.table(table)} (${names}) values (${values})`.execute(db)
}

async function find<Item extends KeySpaceObject, Row extends KeySpaceTable>(
  db: Kysely<Tables>,
  { table, itemOf }: KeySpaceKind<Item, Row>,
  { projectId, id }: { readonly projectId: ProjectId; readonly id: string },
): Promise<Item | undefined> {
  if (!isStorable(projectId) || !isStorable(id)) return undefined
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} where id = ${id} and project_id = ${projectId}`.execute(db)
  return rows[0] && itemOf(rows[0])
}

async function replace<Item extends KeySpaceObject, Row extends KeySpaceTable>(
  db: Kysely<Tables>,
  { table, rowOf }: KeySpaceKind<Item, Row>,
  item: Item,
): Promise<void> {
  const row: KeySpaceTable = rowOf(item)
  requireStorableRow(row)
  await replaceRow(db, table, row, { fixed: ['id', 'project_id'], what: 'object' })
}

async function remove(
  db: Kysely<Tables>,
  table: keyof Tables,
  { projectId, id }: { readonly projectId: ProjectId; readonly id: string },
): Promise<boolean> {
  if (!isStorable(projectId) || !isStorable(id)) return false
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where id = ${id} and project_id = ${projectId}`.execute(db)
  return numAffectedRows === 1n
}

async function list<Item extends KeySpaceObject, Row extends KeySpaceTable>(
  db: Kysely<Tables>,
  { table, itemOf }: KeySpaceKind<Item, Row>,
  { projectId, keySpaceId, after, limit }: Parameters<KeySpaceStore<Item>['list']>[0],
): Promise<{ readonly items: readonly Item[]; readonly more: boolean }> {
  if (![projectId, keySpaceId, after ?? ''].every(isStorable)) return { items: [], more: false }
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)}
    where project_id = ${projectId} and key_space_id = ${keySpaceId} and id > ${after ?? ''}
    order by id limit ${limit + 1}`.execute(db)
  return { items: rows.slice(0, limit).map(itemOf), more: rows.length > limit }
}

function requireStorableRow(row: KeySpaceTable): void {
  const texts = Object.entries(row).filter(([, value]) => typeof value === 'string')
  requireStorable(Object.fromEntries(texts))
}
