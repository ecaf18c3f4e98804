import type { Kysely, Selectable } from 'kysely'
import type { ServiceKey, ServiceKeyStore } from '../core/service-key.js'
import type { Calls } from './calls.js'
import type { ServiceKeyTable, Tables } from './tables.js'

/** The service's own keys in a database. */
export function sqlServiceKeyStore(calls: Calls): ServiceKeyStore {
  return {
    insert: (serviceKey) => calls.run((db) => insert(db, serviceKey)),
    list: () => calls.run((db) => list(db)),
  }
}

async function insert(db: Kysely<Tables>, serviceKey: ServiceKey): Promise<boolean> {
  const inserted = await db
    .insertInto('service_key')
    .values({
      purpose: serviceKey.purpose,
      generation: serviceKey.key.version,
      key_id: serviceKey.key.keyId,
      check_value: serviceKey.checkValue,
      created_at: serviceKey.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['purpose', 'generation']).doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

async function list(db: Kysely<Tables>): Promise<readonly ServiceKey[]> {
  const rows = await db
    .selectFrom('service_key')
    .selectAll()
    .orderBy('purpose')
    .orderBy('generation')
    .execute()
  return rows.map(serviceKeyOf)
}

function serviceKeyOf(row: Selectable<ServiceKeyTable>): ServiceKey {
  return {
    purpose: row.purpose,
    key: { keyId: row.key_id, version: row.generation },
    checkValue: new Uint8Array(row.check_value),
    createdAt: row.created_at,
  }
}
