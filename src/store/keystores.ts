import type { Kysely, Selectable } from '../packages/kysely.js'
import { KmsError } from '../core/errors.js'
import { DEFAULT_KEYSTORE, type Keystore, type KeystoreStore } from '../core/keystore.js'
import type { Calls } from './calls.js'
import { isUniqueViolation } from './failures.js'
import { locksRows } from './row-locks.js'
import { replaceRow } from './rows.js'
import { isStorable, requireStorable } from './storable.js'
import type { KeystoreTable, Tables } from './tables.js'

/** The registered keystores in a database. A keystore that holds keys is not removed: `remove` says false. */
export function sqlKeystoreStore(calls: Calls): KeystoreStore {
  return {
    insert: (keystore) => calls.run((db) => insert(db, keystore)),
    find: (id) => calls.run((db) => find(db, id)),
    replace: (keystore) => calls.run((db) => replace(db, keystore)),
    remove: (id) => calls.run((db) => remove(db, id)),
    list: (request) => calls.run((db) => list(db, request)),
  }
}

/**
 * Makes sure that a CMK may begin in a keystore, and that the keystore stays until the transaction ends.
 *
 * @throws KmsError KMS.0340 when there is no such keystore or it is disabled
 */
export async function requireOpenKeystore(db: Kysely<Tables>, keystoreId: string): Promise<void> {
  if (keystoreId === DEFAULT_KEYSTORE) return
  const query = db
    .selectFrom('keystore')
    .select('id')
    .where('id', '=', keystoreId as Keystore['id'])
    .where('state', '=', '2')
  if (await (locksRows(db) ? query.forShare() : query).executeTakeFirst()) return
  throw new KmsError('KMS.0340', 'The keystore does not exist any more, or it is disabled.')
}

async function insert(db: Kysely<Tables>, keystore: Keystore): Promise<void> {
  requireStorableKeystore(keystore)
  const inserted = await db
    .insertInto('keystore')
    .values(rowOf(keystore))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 1n) return
  const twin = await db
    .selectFrom('keystore')
    .select('id')
    .where('domain_id', '=', keystore.domainId)
    .where('alias', '=', keystore.alias)
    .executeTakeFirst()
  throw twin ? aliasTaken() : clusterTaken()
}

async function find(db: Kysely<Tables>, id: string): Promise<Keystore | undefined> {
  if (!isStorable(id)) return undefined
  const row = await db
    .selectFrom('keystore')
    .selectAll()
    .where('id', '=', id as Keystore['id'])
    .executeTakeFirst()
  return row && keystoreOf(row)
}

async function replace(db: Kysely<Tables>, keystore: Keystore): Promise<void> {
  requireStorableKeystore(keystore)
  const fixed = ['id', 'domain_id', 'created_at'] as const
  try {
    await replaceRow(db, 'keystore', rowOf(keystore), { fixed, what: 'keystore' })
  } catch (error) {
    throw isUniqueViolation(error) ? aliasTaken(error) : error
  }
}

/** The row is locked before the keys are looked for, so that none can begin in the keystore in between. */
async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isStorable(id)) return false
  return await db.transaction().execute(async (transaction) => {
    const query = transaction
      .selectFrom('keystore')
      .select('id')
      .where('id', '=', id as Keystore['id'])
    const row = await (locksRows(transaction) ? query.forUpdate() : query).executeTakeFirst()
    if (!row) return false
    const key = await transaction
      .selectFrom('cmk')
      .select('id')
      .where('keystore_id', '=', id)
      .where('material_gone', '=', 0)
      .limit(1)
      .executeTakeFirst()
    if (key) return false
    await transaction.deleteFrom('keystore').where('id', '=', row.id).execute()
    return true
  })
}

async function list(
  db: Kysely<Tables>,
  { domainId, page }: Parameters<KeystoreStore['list']>[0],
): ReturnType<KeystoreStore['list']> {
  if (!isStorable(domainId)) return { keystores: [], total: 0 }
  // An account has no more keystores than the operator has HSM clusters: a handful, read as one.
  const rows = await db
    .selectFrom('keystore')
    .selectAll()
    .where('domain_id', '=', domainId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const shown = rows.slice(page.offset, page.offset + page.limit)
  return { keystores: shown.map(keystoreOf), total: rows.length }
}

function rowOf(keystore: Keystore): KeystoreTable {
  return {
    id: keystore.id,
    domain_id: keystore.domainId,
    alias: keystore.alias,
    type: keystore.type,
    cluster_id: keystore.clusterId,
    state: keystore.state,
    created_at: keystore.createdAt,
    revision: keystore.revision,
  }
}

function keystoreOf(row: Selectable<KeystoreTable>): Keystore {
  return {
    id: row.id,
    domainId: row.domain_id,
    alias: row.alias,
    type: row.type,
    clusterId: row.cluster_id,
    state: row.state,
    createdAt: row.created_at,
    revision: row.revision,
  }
}

function requireStorableKeystore({ domainId, alias, clusterId }: Keystore): void {
  requireStorable({ domain_id: domainId, keystore_alias: alias, hsm_cluster_id: clusterId })
}

function aliasTaken(cause?: unknown): KmsError {
  return new KmsError('KMS.1104', 'Another keystore of this account has this keystore_alias.', {
    cause,
  })
}

function clusterTaken(): KmsError {
  return new KmsError('KMS.0340', 'hsm_cluster_id names a cluster that has a keystore already.')
}
