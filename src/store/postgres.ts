import { Kysely, PostgresDialect, sql } from '../packages/kysely.js'
import { StoreUnavailable } from '../core/key-store.js'
import type { Engine } from './engine.js'
import { migrate } from './migrate.js'
import { type PoolLimits, openPostgresPool } from './postgres-pool.js'
import type { Tables } from './tables.js'

const SERVING: PoolLimits = {
  connections: 10,
  connectMs: 5_000,
  statementMs: 5_000,
  silenceMs: 3_000,
}
/** A migration may have to wait until another replica has done it. */
const MIGRATING: PoolLimits = { ...SERVING, connections: 1, statementMs: 60_000 }

/** Opens and migrates a PostgreSQL database. */
export async function openPostgres(url: string): Promise<Engine> {
  // A host may be left out, as in postgres:///name?host=/run/postgresql.
  if (!URL.canParse(url)) throw new TypeError('The URL of the PostgreSQL database is malformed.')
  const migrating = open(url, MIGRATING)
  try {
    await migrate(migrating)
  } finally {
    await migrating.destroy()
  }
  const db = open(url, SERVING)
  return { db, ping: () => ping(db) }
}

function open(url: string, limits: PoolLimits): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: openPostgresPool(url, limits) }),
  })
}

async function ping(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{
    setting: string
  }>`select current_setting('transaction_read_only') as setting`.execute(db)
  if (rows[0]?.setting === 'on') {
    throw new StoreUnavailable('The PostgreSQL server is read-only, as a standby is.')
  }
}
