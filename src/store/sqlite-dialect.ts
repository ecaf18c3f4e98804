import { type Driver, SqliteAdapter, SqliteDialect } from '../packages/kysely.js'
import { SqliteDriver } from './sqlite-driver.js'
import type { SqliteFile } from './sqlite-file.js'

/** Kysely's SQLite dialect on a driver that takes its write lock at once and waits for it without blocking. */
export class DurableSqliteDialect extends SqliteDialect {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    super({ database: file.db })
    this.#file = file
  }

  override createDriver(): Driver {
    return new SqliteDriver(this.#file)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

/** Has the migrations run in one transaction, whose lock also keeps a second process out of them. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
