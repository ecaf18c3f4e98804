import type { PostgresPoolClient, PostgresQueryResult } from '../packages/kysely.js'
import type pg from 'pg'
import { isConnectionLost } from './failures.js'

/** What changes rows, in the words of the server; anything else counts as reading. */
const COMMANDS = ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'SELECT'] as const

/** A connection while it is lent out; one that has failed is not lent out again. */
export class LentClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient
  #lost = false

  constructor(client: pg.PoolClient) {
    this.#client = client
    client.on('error', this.#lose)
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  query(cursor: unknown): never
  async query<Row>(
    sql: unknown,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> {
    if (typeof sql !== 'string') throw new Error('No query of the store asks for a cursor.')
    // The server rolls back what a lost connection had begun. Asking it would only hide why the connection was lost.
    if (this.#lost && sql === 'rollback') return { command: 'SELECT', rowCount: 0, rows: [] }
    try {
      const result = await this.#client.query<pg.QueryResultRow & Row>(sql, [...parameters])
      const command = COMMANDS.find((name) => name === result.command) ?? 'SELECT'
      return { command, rowCount: result.rowCount ?? 0, rows: result.rows }
    } catch (error) {
      if (isConnectionLost(error)) this.#lost = true
      throw error
    }
  }

  release(): void {
    this.#client.removeListener('error', this.#lose)
    this.#client.release(this.#lost)
  }

  // While a connection is lent out the pool does not listen to it: its loss between two queries would end this process.
  readonly #lose = (): void => {
    this.#lost = true
  }
}
