import { afterAll, beforeAll } from '@jest/globals'
import type { CompiledQuery, Kysely, LogEvent } from '../../src/packages/kysely.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import type { Tables } from '../../src/store/tables.js'

/** Where the contract of the stores gets its databases from. */
export interface DatabaseKind {
  /** URL of a database that is empty and the caller's own. */
  newUrl(): Promise<string>
}

/** Databases whose content a test can reach past the stores. */
export interface RawDatabaseKind extends DatabaseKind {
  execute(url: string, sql: string): Promise<void>
  query(url: string, sql: string): Promise<readonly unknown[]>
  /** Brings an empty database to where an older release left it. */
  migrateTo(url: string, migration: string): Promise<void>
  /** Opens a migrated database so that every statement is logged. */
  openLogged(url: string, log: (event: LogEvent) => void): Promise<Kysely<Tables>>
  /** Steps in the plan of a statement that read or sort more than what is asked for. */
  flaws(db: Kysely<Tables>, query: CompiledQuery): Promise<readonly string[]>
  /** A literal of bytes, from hexadecimal. */
  bytes(hex: string): string
}

/** Two connections to one database, as two replicas of the service have them. */
export interface TwoReplicas {
  readonly url: () => string
  readonly first: () => Database
  readonly second: () => Database
}

/** Opens two connections to a new database for the tests of a suite, and closes them after it. */
export function twoReplicas(kind: DatabaseKind): TwoReplicas {
  let url = ''
  const open: Database[] = []

  beforeAll(async () => {
    url = await kind.newUrl()
    open.push(...(await Promise.all([openDatabase(url), openDatabase(url)])))
  })

  afterAll(async () => {
    await Promise.all(open.map((database) => database.close()))
  })

  function at(index: number): Database {
    const database = open[index]
    if (!database) throw new Error('The database is not open.')
    return database
  }

  return { url: () => url, first: () => at(0), second: () => at(1) }
}
