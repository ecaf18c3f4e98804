import { Kysely, sql } from '../packages/kysely.js'
import type { Engine } from './engine.js'
import { migrate } from './migrate.js'
import { DurableSqliteDialect } from './sqlite-dialect.js'
import { openSqliteFile } from './sqlite-file.js'
import type { Tables } from './tables.js'

/** Opens and migrates the SQLite database of an absolute path. */
export async function openSqlite(path: string): Promise<Engine> {
  const file = await openSqliteFile(path)
  const db = new Kysely<Tables>({ dialect: new DurableSqliteDialect(file) })
  try {
    await migrate(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    // A transaction takes the write lock, which a file system that has become read-only refuses.
    ping: () =>
      db.transaction().execute(async (transaction) => {
        await sql`select 1`.execute(transaction)
      }),
  }
}
