import {
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SqlBool,
  sql,
} from '../packages/kysely.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { Page } from '../core/key-store.js'
import type { Tag, TagFilter, TagStore } from '../core/tag.js'
import { cmkOf } from './cmk-rows.js'
import { tallied } from './cmk-tallies.js'
import { locksRows } from './row-locks.js'
import { isStorable } from './storable.js'
import type { CmkTable, Tables } from './tables.js'

interface Query {
  readonly projectId: ProjectId
  readonly filter: TagFilter
}

/** A tag key, and the values of which a CMK must have one; none: any. */
type Wanted = TagFilter['tags'][number]

/** CMKs that fit, with their tags, and how many fit in all. */
export async function queryTagged(
  db: Kysely<Tables>,
  { page, ...query }: Query & { readonly page: Page },
): ReturnType<TagStore['query']> {
  if (!isAnswerable(query)) return { hits: [], total: 0 }
  // All queries look at one snapshot, so that the total is that of the page.
  const snapshot = db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read')
  return await snapshot.execute(async (transaction) => {
    const total = await countIn(transaction, query)
    const rows = await pageOf(transaction, query, page)
    const tagsOf = await readTags(
      transaction,
      rows.map(({ id }) => id),
    )
    return { hits: rows.map((row) => ({ cmk: cmkOf(row), tags: tagsOf.get(row.id) ?? [] })), total }
  })
}

/** How many CMKs fit. */
export async function countTagged(db: Kysely<Tables>, query: Query): Promise<number> {
  return isAnswerable(query) ? await countIn(db, query) : 0
}

/** A text that no row can hold, or a value of which no row can have one, finds nothing. */
function isAnswerable({ projectId, filter }: Query): boolean {
  return [projectId, filter.nameContains ?? '', ...filter.tags.map(({ key }) => key)].every(
    isStorable,
  )
}

/** Totals of the queries that clients make all the time stand in the tallies; the others are counted. */
async function countIn(db: Kysely<Tables>, { projectId, filter }: Query): Promise<number> {
  const [first, ...others] = filter.tags
  if (filter.nameContains === undefined && others.length === 0) {
    return first ? await talliedTag(db, projectId, first) : await tallied(db, projectId, {})
  }
  const { total } = await matching(db, { projectId, filter })
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return total
}

async function talliedTag(
  db: Kysely<Tables>,
  projectId: ProjectId,
  { key, values }: Wanted,
): Promise<number> {
  const { total } = await db
    .selectFrom('tag_tally')
    .select(sql<number>`cast(coalesce(sum(keys), 0) as bigint)`.as('total'))
    .where('project_id', '=', projectId)
    .where('key', '=', key)
    .$if(values.length > 0, (query) => query.where('value', 'in', storable(values)))
    .executeTakeFirstOrThrow()
  return total
}

async function pageOf(
  db: Kysely<Tables>,
  query: Query,
  { limit, offset }: Page,
): Promise<Selectable<CmkTable>[]> {
  // The order comes from the index that finds the hits: that of the first tag, or that of the list.
  const order =
    query.filter.tags.length > 0 ? 'hit.cmk_created_at, hit.cmk_id' : 'cmk.created_at, cmk.id'
  return await matching(db, query)
    .selectAll('cmk')
    .orderBy(sql.raw(order))
    .limit(limit)
    .offset(offset)
    .execute()
}

function matching(db: Kysely<Tables>, { projectId, filter }: Query) {
  const [first, ...others] = filter.tags
  const cmks = first ? withTag(db, projectId, first) : ofProject(db, projectId)
  let query = cmks
  for (const other of others) query = query.where(hasTag(other))
  if (filter.nameContains === undefined) return query
  return query.where(nameContains(db, filter.nameContains))
}

function ofProject(db: Kysely<Tables>, projectId: ProjectId) {
  return db
    .selectFrom('cmk')
    .where('cmk.project_id', '=', projectId)
    .where('cmk.destroyed_at', 'is', null)
}

/** Tombstones have no tags. */
function withTag(
  db: Kysely<Tables>,
  projectId: ProjectId,
  wanted: Wanted,
): ReturnType<typeof ofProject> {
  return db
    .selectFrom('tag as hit')
    .innerJoin('cmk', 'cmk.id', 'hit.cmk_id')
    .where('hit.project_id', '=', projectId)
    .where('hit.key', '=', wanted.key)
    .where(hasValue('hit', wanted.values))
}

function hasTag({ key, values }: Wanted): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists (
    select 1 from tag as other
    where other.cmk_id = cmk.id and other.key = ${key} and ${hasValue('other', values)})`
}

function hasValue(table: 'hit' | 'other', values: readonly string[]): RawBuilder<SqlBool> {
  if (values.length === 0) return sql<SqlBool>`1 = 1`
  const [only, ...more] = storable(values)
  const value = sql.ref(`${table}.value`)
  if (only !== undefined && more.length === 0) return sql<SqlBool>`${value} = ${only}`
  return sql<SqlBool>`${value} in (${sql.join(storable(values))})`
}

/** LIKE of SQLite takes capital and small letters for the same, and in both databases some characters mean more. */
function nameContains(db: Kysely<Tables>, text: string): RawBuilder<SqlBool> {
  const place = sql.raw(locksRows(db) ? 'strpos' : 'instr')
  return sql<SqlBool>`${place}(cmk.key_alias, ${text}) > 0`
}

/** The values that a row can hold; an empty list of SQL is no list, a list with a value that nobody has is. */
function storable(values: readonly string[]): readonly (string | null)[] {
  const held = values.filter(isStorable)
  return held.length > 0 ? held : [null]
}

async function readTags(
  db: Kysely<Tables>,
  keyIds: readonly KeyId[],
): Promise<ReadonlyMap<KeyId, readonly Tag[]>> {
  const tagsOf = new Map<KeyId, Tag[]>(keyIds.map((id) => [id, []]))
  if (keyIds.length === 0) return tagsOf
  const rows = await db
    .selectFrom('tag')
    .select(['cmk_id', 'key', 'value'])
    .where('cmk_id', 'in', keyIds)
    .execute()
  for (const { cmk_id, key, value } of rows) tagsOf.get(cmk_id)?.push({ key, value })
  for (const tags of tagsOf.values()) tags.sort((a, b) => (a.key < b.key ? -1 : 1))
  return tagsOf
}
