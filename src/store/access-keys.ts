import type { Kysely, Selectable } from '../packages/kysely.js'
import type { AccessKey, AccessKeyStore } from '../core/access-key.js'
import { OwnerMissing } from '../core/identity.js'
import type { Calls } from './calls.js'
import { locksRows } from './row-locks.js'
import { isStorable, requireStorable } from './storable.js'
import type { AccessKeyTable, Tables } from './tables.js'

/** The access keys in a database. */
export function sqlAccessKeyStore(calls: Calls): AccessKeyStore {
  return {
    insert: async (accessKey) => {
      const inserted = await calls.run((db) =>
        db.transaction().execute(async (transaction) => {
          await holdOwner(transaction, accessKey)
          return await insert(transaction, accessKey)
        }),
      )
      if (!inserted) throw new Error('An access key of this id exists already.')
    },
    find: (id) => calls.run((db) => find(db, id)),
    list: (userId) => calls.run((db) => list(db, userId)),
    setState: (id, state) => calls.run((db) => setState(db, id, state)),
    remove: (id) => calls.run((db) => remove(db, id)),
    removeExpired: (before) => calls.run((db) => removeExpired(db, before)),
  }
}

async function insert(db: Kysely<Tables>, accessKey: AccessKey): Promise<boolean> {
  const { id, projectId, domainId, userId, sealedSecret, createdAt, ...same } = accessKey
  requireStorable({ id, project_id: projectId, domain_id: domainId, user_id: userId })
  const inserted = await db
    .insertInto('access_key')
    .values({
      id,
      project_id: projectId,
      domain_id: domainId,
      user_id: userId,
      state: same.state,
      sealed_secret: sealedSecret,
      expires_at: same.temporary?.expiresAt ?? null,
      token_digest: same.temporary?.tokenDigest ?? null,
      created_at: createdAt,
      revision: same.revision,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Makes sure that project and user are of the account, and stay until the transaction ends. */
async function holdOwner(
  db: Kysely<Tables>,
  { projectId, domainId, userId }: AccessKey,
): Promise<void> {
  requireStorable({ project_id: projectId, domain_id: domainId, user_id: userId })
  const project = db
    .selectFrom('account_project')
    .select('id')
    .where('id', '=', projectId)
    .where('domain_id', '=', domainId)
  const user = db
    .selectFrom('account_user')
    .select('id')
    .where('id', '=', userId)
    .where('domain_id', '=', domainId)
  const locked = locksRows(db)
  const found = [
    await (locked ? project.forKeyShare() : project).executeTakeFirst(),
    await (locked ? user.forKeyShare() : user).executeTakeFirst(),
  ]
  if (found.includes(undefined)) {
    throw new OwnerMissing('The account has no such project, or no such user.')
  }
}

async function find(db: Kysely<Tables>, id: string): Promise<AccessKey | undefined> {
  // The id comes from a request that nobody has authenticated yet.
  if (!isStorable(id)) return undefined
  const row = await db.selectFrom('access_key').selectAll().where('id', '=', id).executeTakeFirst()
  return row && accessKeyOf(row)
}

async function list(db: Kysely<Tables>, userId?: string): Promise<readonly AccessKey[]> {
  if (userId !== undefined && !isStorable(userId)) return []
  const all = db.selectFrom('access_key').selectAll().orderBy('created_at').orderBy('id')
  const rows = await (userId === undefined ? all : all.where('user_id', '=', userId)).execute()
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

async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isStorable(id)) return false
  const removed = await db.deleteFrom('access_key').where('id', '=', id).executeTakeFirst()
  return removed.numDeletedRows === 1n
}

async function removeExpired(db: Kysely<Tables>, before: number): Promise<number> {
  const removed = await db
    .deleteFrom('access_key')
    .where('expires_at', '<', before)
    .executeTakeFirst()
  return Number(removed.numDeletedRows)
}

function accessKeyOf(row: Selectable<AccessKeyTable>): AccessKey {
  return {
    id: row.id,
    projectId: row.project_id,
    domainId: row.domain_id,
    userId: row.user_id,
    state: row.state,
    sealedSecret: new Uint8Array(row.sealed_secret),
    temporary:
      row.expires_at === null || row.token_digest === null
        ? undefined
        : { expiresAt: row.expires_at, tokenDigest: new Uint8Array(row.token_digest) },
    createdAt: row.created_at,
    revision: row.revision,
  }
}
