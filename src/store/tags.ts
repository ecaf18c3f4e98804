import type { Kysely } from '../packages/kysely.js'
import { KmsError } from '../core/errors.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { Tag, TagStore } from '../core/tag.js'
import type { Calls } from './calls.js'
import { countOfCmk, holdLiveCmk } from './live-cmk.js'
import { lockProject } from './row-locks.js'
import { isStorable, requireStorable } from './storable.js'
import { countTagged, queryTagged } from './tag-query.js'
import type { Tables } from './tables.js'

/** The tags of CMKs in a database. */
export function sqlTagStore(calls: Calls): TagStore {
  return {
    set: (request) => calls.run((db) => set(db, request)),
    remove: (request) => calls.run((db) => remove(db, request)),
    ofKey: (keyId) => calls.run((db) => ofKey(db, keyId)),
    ofProject: (projectId) => calls.run((db) => ofProject(db, projectId)),
    query: (request) => calls.run((db) => queryTagged(db, request)),
    count: (request) => calls.run((db) => countTagged(db, request)),
  }
}

/** Removes all tags of a CMK that becomes a tombstone. Whoever calls this holds its project. */
export async function removeTags(db: Kysely<Tables>, keyId: KeyId): Promise<void> {
  const removed = await db
    .deleteFrom('tag')
    .where('cmk_id', '=', keyId)
    .returning(['project_id', 'key', 'value'])
    .execute()
  for (const { project_id, ...tag } of removed) await untally(db, project_id, tag)
}

async function set(
  db: Kysely<Tables>,
  { projectId, keyId, tags, perKey }: Parameters<TagStore['set']>[0],
): Promise<void> {
  // Of a key that stands there twice the last value counts.
  const wanted = new Map(tags.map(({ key, value }) => [key, value]))
  for (const [key, value] of wanted) requireStorable({ key, value })
  await db.transaction().execute(async (transaction) => {
    const cmk = await holdLiveCmk(transaction, { projectId, keyId })
    const known = new Map(
      (await ofKey(transaction, keyId)).map(({ key, value }) => [key, value] as const),
    )
    const added = [...wanted.keys()].filter((key) => !known.has(key)).length
    if (added > 0 && known.size + added > perKey) {
      throw new KmsError('KMS.0409', `A key has at most ${perKey} tags; this would be more.`)
    }
    for (const [key, value] of wanted) {
      const old = known.get(key)
      if (old === value) continue
      if (old !== undefined) await untally(transaction, projectId, { key, value: old })
      await transaction
        .insertInto('tag')
        .values({
          project_id: projectId,
          cmk_id: keyId,
          key,
          value,
          cmk_created_at: cmk.created_at,
        })
        .onConflict((conflict) => conflict.columns(['cmk_id', 'key']).doUpdateSet({ value }))
        .execute()
      await tally(transaction, projectId, { key, value })
    }
    if (added > 0) await countOfCmk(transaction, keyId, { of: 'tag_count', by: added })
  })
}

async function remove(
  db: Kysely<Tables>,
  { projectId, keyId, keys }: Parameters<TagStore['remove']>[0],
): Promise<number> {
  const known = [projectId, keyId].every(isStorable) ? keys.filter(isStorable) : []
  if (known.length === 0) return 0
  return await db.transaction().execute(async (transaction) => {
    await lockProject(transaction, projectId)
    const removed = await transaction
      .deleteFrom('tag')
      .where('project_id', '=', projectId)
      .where('cmk_id', '=', keyId)
      .where('key', 'in', known)
      .returning(['key', 'value'])
      .execute()
    for (const tag of removed) await untally(transaction, projectId, tag)
    if (removed.length > 0) {
      await countOfCmk(transaction, keyId, { of: 'tag_count', by: -removed.length })
    }
    return removed.length
  })
}

async function tally(db: Kysely<Tables>, projectId: ProjectId, tag: Tag): Promise<void> {
  await db
    .insertInto('tag_tally')
    .values({ project_id: projectId, ...tag, keys: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'key', 'value'])
        .doUpdateSet((counted) => ({ keys: counted('tag_tally.keys', '+', 1) })),
    )
    .execute()
}

async function untally(db: Kysely<Tables>, projectId: ProjectId, tag: Tag): Promise<void> {
  const row = { project_id: projectId, key: tag.key, value: tag.value }
  await db
    .updateTable('tag_tally')
    .set((counted) => ({ keys: counted('keys', '-', 1) }))
    .where((counted) => counted.and(row))
    .execute()
  await db
    .deleteFrom('tag_tally')
    .where((counted) => counted.and(row))
    .where('keys', '=', 0)
    .execute()
}

async function ofKey(db: Kysely<Tables>, keyId: KeyId): Promise<readonly Tag[]> {
  if (!isStorable(keyId)) return []
  const tags = await db
    .selectFrom('tag')
    .select(['key', 'value'])
    .where('cmk_id', '=', keyId)
    .execute()
  return tags.sort((a, b) => inOrder(a.key, b.key))
}

async function ofProject(
  db: Kysely<Tables>,
  projectId: ProjectId,
): ReturnType<TagStore['ofProject']> {
  if (!isStorable(projectId)) return []
  const rows = await db
    .selectFrom('tag_tally')
    .select(['key', 'value'])
    .where('project_id', '=', projectId)
    .execute()
  const valuesOf = new Map<string, string[]>()
  for (const { key, value } of rows) {
    const values = valuesOf.get(key)
    if (values) values.push(value)
    else valuesOf.set(key, [value])
  }
  return [...valuesOf]
    .sort(([a], [b]) => inOrder(a, b))
    .map(([key, values]) => ({ key, values: values.sort(inOrder) }))
}

/** The databases sort texts by rules of their own; this one is the same everywhere. */
function inOrder(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
