import type Sqlite from 'better-sqlite3'
import type {
  CompiledQuery,
  DatabaseConnection,
  Driver,
  QueryResult,
  TransactionSettings,
} from '../packages/kysely.js'
import { type SqliteFile, whileBusy } from './sqlite-file.js'

/** Driver of one SQLite connection, which its users take in turn. */
export class SqliteDriver implements Driver {
  readonly #file: SqliteFile
  readonly #connection: SqliteConnection
  readonly #waiting: (() => void)[] = []
  #taken = false

  constructor(file: SqliteFile) {
    this.#file = file
    this.#connection = new SqliteConnection(file)
  }

  async init(): Promise<void> {
    // The file is open already.
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#taken = true
    return this.#connection
  }

  releaseConnection(): Promise<void> {
    const next = this.#waiting.shift()
    // While somebody waits the connection stays taken, so that nobody can slip in before the first of them.
    if (next) next()
    else this.#taken = false
    return Promise.resolve()
  }

  async beginTransaction(_: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const { db } = this.#file
    if (settings.accessMode === 'read only') {
      await whileBusy(() => db.exec('begin'))
      return
    }
    this.#file.requireInPlace()
    // A deferred transaction that reads first and writes later would be refused when another one wrote in between.
    await whileBusy(() => db.exec('begin immediate'))
  }

  async commitTransaction(): Promise<void> {
    await whileBusy(() => this.#file.db.exec('commit'))
  }

  async rollbackTransaction(): Promise<void> {
    // After some failures, a full disk for one, SQLite has rolled back by itself.
    if (this.#file.db.inTransaction) await whileBusy(() => this.#file.db.exec('rollback'))
  }

  destroy(): Promise<void> {
    this.#file.db.close()
    return Promise.resolve()
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { db } = this.#file
    const statement = db.prepare<unknown[], Row>(sql)
    if (db.inTransaction) return run(statement, parameters)
    if (!statement.readonly) this.#file.requireInPlace()
    return await whileBusy(() => run(statement, parameters))
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('The SQLite driver does not stream: no query of the store asks for it.')
  }
}

function run<Row>(
  statement: Sqlite.Statement<unknown[], Row>,
  parameters: readonly unknown[],
): QueryResult<Row> {
  if (statement.reader) return { rows: statement.all(...parameters) }
  return { numAffectedRows: BigInt(statement.run(...parameters).changes), rows: [] }
}
