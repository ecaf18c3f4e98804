import pg from 'pg'
import { postgresBinaries, startPostgres } from '../../../test/support/postgres.js'
import type { DatabaseName } from '../report.js'

/** Where the services of a run get their databases from. */
export interface Databases {
  /** The setting of a new database; nothing where the service makes its own in its data folder. */
  newUrl(): Promise<string | undefined>
  /** Brings a database that was just filled to the state in which it is used. */
  settle(url: string): Promise<void>
  stop(): Promise<void>
}

/** Starts what a kind of database needs. @throws Error when PostgreSQL is wanted and is not installed */
export async function startDatabases(name: DatabaseName): Promise<Databases> {
  if (name === 'sqlite') {
    return { newUrl: nothing, settle: nothing, stop: nothing }
  }
  if (postgresBinaries() === undefined) {
    throw new Error('--database postgres needs PostgreSQL, which is not installed.')
  }
  const server = await startPostgres()
  return { newUrl: () => server.createDatabase(), settle, stop: () => server.stop() }
}

/** SQLite needs nothing; the service never runs ANALYZE there, so its queries are planned without it. */
function nothing(): Promise<undefined> {
  return Promise.resolve(undefined)
}

/**
 * Autovacuum does this by itself within about a minute of such a load. Done here, no run depends on whether the minute
 * has passed: a planner that knows nothing of the rows yet takes any index of the project and sorts what it finds.
 */
async function settle(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
