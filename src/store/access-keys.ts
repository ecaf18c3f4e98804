import type { Kysely, Selectable } from 'kysely'
import type { AccessKey, AccessKeyStore } from '../core/access-key.js'
import type { Calls } from './calls.js'
import { isStorable, requireStorable } from './storable.js'
import type { AccessKeyTable, Tables } from './tables.js'

/** The access keys in a database. */
export function sqlAccessKeyStore(calls: Calls): AccessKeyStore {
  return {
    insert: async (accessKey) => {
      const inserted = await calls.run((db) => insert(db, accessKey))
      if (!inserted) throw new Error('An access key of this id exists already.')
    },
    find: (id) => calls.run((db) => find(db, id)),
    list: () => calls.run((db) => list(db)),
    setState: (id, state) => calls.run((db) => setState(db, id, state)),
  }
}

async function insert(db: Kysely<Tables>, accessKey: AccessKey): Promise<boolean> {
  const { id, projectId, domainId, userName, sealedSecret, createdAt, ...same } = accessKey
  requireStorable({ id, project_id: projectId, domain_id: domainId, user_name: userName })
  const inserted = await db
    .insertInto('access_key')
    .values({
      id,
      project_id: projectId,
      domain_id: domainId,
      user_name: userName,
      state: same.state,
      sealed_secret: sealedSecret,
      created_at: createdAt,
      revision: same.revision,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

async function find(db: Kysely<Tables>, id: string): Promise<AccessKey | undefined> {
  // The id comes from a request that nobody has authenticated yet.
  if (!isStorable(id)) return undefined
  const row = await db.selectFrom('access_key').selectAll().where('id', '=', id).executeTakeFirst()
  return row && accessKeyOf(row)
}

async function list(db: Kysely<Tables>): Promise<readonly AccessKey[]> {
  const rows = await db
    .selectFrom('access_key')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(accessKeyOf)
}

async function setState(
  db: Kysely<Tables>,
  id: string,
  state: AccessKey['state'],
): Promise<boolean> {
  if (!isStorable(id)) return false
  const updated = await db
    .updateTable('access_key')
    .set((row) => ({ state, revision: row('revision', '+', 1) }))
    .where('id', '=', id)
    .executeTakeFirst()
  return updated.numUpdatedRows === 1n
}

function accessKeyOf(row: Selectable<AccessKeyTable>): AccessKey {
  return {
    id: row.id,
    projectId: row.project_id,
    domainId: row.domain_id,
    userName: row.user_name,
    state: row.state,
    sealedSecret: new Uint8Array(row.sealed_secret),
    createdAt: row.created_at,
    revision: row.revision,
  }
}
