import pg from 'pg'
import type { PostgresPool } from '../packages/kysely.js'
import { LentClient } from './postgres-client.js'

/** Time limits of a pool, in milliseconds. */
export interface PoolLimits {
  readonly connections: number
  readonly connectMs: number
  /** How long the server works on one statement, waiting for locks included. */
  readonly statementMs: number
  /** How much longer than that we wait, before a silent server is taken for dead. */
  readonly silenceMs: number
}

/** How long the server keeps the locks of a transaction whose process has stopped. */
const IDLE_TRANSACTION_MS = 10_000

/** Opens a pool of connections to PostgreSQL. */
export function openPostgresPool(url: string, limits: PoolLimits): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: limits.connections,
    connectionTimeoutMillis: limits.connectMs,
    statement_timeout: limits.statementMs,
    query_timeout: limits.statementMs + limits.silenceMs,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    fallback_application_name: 'hsm-kms',
    types: { getTypeParser },
  })
  // The pool drops an idle connection that fails and opens another when one is needed; without a listener the error
  // would end this process.
  pool.on('error', () => undefined)
  return new DurablePool(pool)
}

/** Lends out connections whose commits wait for the disk. */
class DurablePool implements PostgresPool {
  readonly #pool: pg.Pool
  readonly #durable = new WeakSet<pg.PoolClient>()

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async connect(): Promise<LentClient> {
    const client = await this.#pool.connect()
    const lent = new LentClient(client)
    if (this.#durable.has(client)) return lent
    await requireDurableCommits(lent)
    this.#durable.add(client)
    return lent
  }

  end(): Promise<void> {
    return this.#pool.end()
  }
}

/** Has a commit wait for the disk where the settings of the server would not. */
async function requireDurableCommits(client: LentClient): Promise<void> {
  try {
    await client.query(
      "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
      [],
    )
  } catch (error) {
    client.release()
    throw error
  }
}

/** Takes 64-bit integers as numbers: they are milliseconds and counts, far below 2^53. */
function getTypeParser(...[oid, format]: Parameters<typeof pg.types.getTypeParser>): unknown {
  if (oid === pg.types.builtins.INT8) return Number
  return pg.types.getTypeParser(oid, format)
}
