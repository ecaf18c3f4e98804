import type { Kysely, Selectable } from '../packages/kysely.js'
import type { KeyId, KeyRef } from '../core/ids.js'
import type { ImportPair, ImportPairStore } from '../core/import-pair.js'
import type { Calls } from './calls.js'
import { isStorable } from './storable.js'
import type { ImportPairTable, Tables } from './tables.js'

/** The pairs for imports in a database. */
export function sqlImportPairStore(calls: Calls): ImportPairStore {
  return {
    insert: (pair) => calls.run((db) => insert(db, pair)),
    newest: (cmkId, home) => calls.run((db) => newest(db, cmkId, home)),
    find: (key) => calls.run((db) => find(db, key)),
    expired: (request) => calls.run((db) => expired(db, request)),
    remove: (key) => calls.run((db) => remove(db, key)),
  }
}

async function insert(db: Kysely<Tables>, pair: ImportPair): Promise<void> {
  await db
    .insertInto('import_pair')
    .values({
      key_id: pair.key.keyId,
      version: pair.key.version,
      cmk_id: pair.cmkId,
      home: pair.home,
      created_at: pair.createdAt,
      expires_at: pair.expiresAt,
    })
    .execute()
}

async function newest(
  db: Kysely<Tables>,
  cmkId: KeyId,
  home: number,
): Promise<ImportPair | undefined> {
  if (!isStorable(cmkId)) return undefined
  const row = await db
    .selectFrom('import_pair')
    .selectAll()
    .where('cmk_id', '=', cmkId)
    .where('home', '=', home)
    .orderBy('created_at', 'desc')
    .orderBy('key_id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && pairOf(row)
}

async function find(
  db: Kysely<Tables>,
  { keyId, version }: KeyRef,
): Promise<ImportPair | undefined> {
  if (!isStorable(keyId)) return undefined
  const row = await db
    .selectFrom('import_pair')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('version', '=', version)
    .executeTakeFirst()
  return row && pairOf(row)
}

async function expired(
  db: Kysely<Tables>,
  { now, limit, homes }: Parameters<ImportPairStore['expired']>[0],
): Promise<readonly ImportPair[]> {
  const rows = await db
    .selectFrom('import_pair')
    .selectAll()
    .where('expires_at', '<=', now)
    .where('home', 'in', homes)
    .orderBy('expires_at')
    .orderBy('key_id')
    .limit(limit)
    .execute()
  return rows.map(pairOf)
}

async function remove(db: Kysely<Tables>, { keyId, version }: KeyRef): Promise<void> {
  if (!isStorable(keyId)) return
  await db
    .deleteFrom('import_pair')
    .where('key_id', '=', keyId)
    .where('version', '=', version)
    .execute()
}

function pairOf(row: Selectable<ImportPairTable>): ImportPair {
  return {
    key: { keyId: row.key_id, version: row.version },
    cmkId: row.cmk_id,
    home: row.home,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
