import type { Kysely, Selectable } from '../packages/kysely.js'
import { DEFAULT_KEYSTORE } from '../core/keystore.js'
import type { ServiceKey, ServiceKeyStore } from '../core/service-key.js'
import type { Calls } from './calls.js'
import { isStorable, requireStorable } from './storable.js'
import type { ServiceKeyTable, Tables } from './tables.js'

/** The service's own keys in a database. */
export function sqlServiceKeyStore(calls: Calls): ServiceKeyStore {
  return {
    insert: (serviceKey) => calls.run((db) => insert(db, serviceKey)),
    list: (keystoreId) => calls.run((db) => list(db, keystoreId)),
    retire: (request) => calls.run((db) => retire(db, request)),
  }
}

async function insert(db: Kysely<Tables>, serviceKey: ServiceKey): Promise<boolean> {
  requireStorable({ keystore_id: serviceKey.keystoreId })
  const inserted = await db
    .insertInto('service_key')
    .values({
      keystore_id: serviceKey.keystoreId,
      purpose: serviceKey.purpose,
      generation: serviceKey.key.version,
      key_id: serviceKey.key.keyId,
      home: serviceKey.home,
      check_value: serviceKey.checkValue,
      created_at: serviceKey.createdAt,
      retired_at: serviceKey.retiredAt ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(['keystore_id', 'purpose', 'generation']).doNothing(),
    )
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

async function list(db: Kysely<Tables>, keystoreId: string): Promise<readonly ServiceKey[]> {
  if (!isStorable(keystoreId)) return []
  const rows = await db
    .selectFrom('service_key')
    .selectAll()
    .where('keystore_id', '=', keystoreId)
    .orderBy('purpose')
    .orderBy('generation')
    .execute()
  return rows.map(serviceKeyOf)
}

async function retire(
  db: Kysely<Tables>,
  { home, now }: { readonly home: number; readonly now: number },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('service_key')
      .set({ retired_at: now })
      .where('keystore_id', '=', DEFAULT_KEYSTORE)
      .where('home', '=', home)
      .where('retired_at', 'is', null)
      .execute()
    await transaction.deleteFrom('import_pair').where('home', '=', home).execute()
  })
}

function serviceKeyOf(row: Selectable<ServiceKeyTable>): ServiceKey {
  return {
    keystoreId: row.keystore_id,
    purpose: row.purpose,
    key: { keyId: row.key_id, version: row.generation },
    home: row.home,
    checkValue: new Uint8Array(row.check_value),
    createdAt: row.created_at,
    retiredAt: row.retired_at ?? undefined,
  }
}
