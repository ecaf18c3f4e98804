import { afterAll, beforeAll } from '@jest/globals'
import { CompiledQuery, Kysely, PostgresDialect } from '../../src/packages/kysely.js'
import pg from 'pg'
import { openPostgresPool } from '../../src/store/postgres-pool.js'
import { storeContracts } from '../contract/stores.contract.js'
import type { RawDatabaseKind } from '../contract/store-under-test.js'
import { migrateOnlyTo } from './migrate-only-to.js'
import { describeUnless } from '../support/describe-unless.js'
import { type PlanStep, flawsOf } from './postgres-plan.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'

const LIMITS = { connections: 2, connectMs: 5000, statementMs: 5000, silenceMs: 1000 }
const reason = postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined

describeUnless(reason, 'PostgreSQL', () => {
  let server: Postgres | undefined
  const kind: RawDatabaseKind = {
    newUrl: () => server?.createDatabase() ?? Promise.reject(new Error('No server runs.')),
    execute: async (url, sql) => {
      await kind.query(url, sql)
    },
    query: async (url, sql) => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        return (await client.query<pg.QueryResultRow>(sql)).rows
      } finally {
        await client.end()
      }
    },
    migrateTo: async (url, migration) => {
      const pool = openPostgresPool(url, LIMITS)
      await migrateOnlyTo(new Kysely({ dialect: new PostgresDialect({ pool }) }), migration)
    },
    openLogged: (url, log) => {
      const pool = openPostgresPool(url, LIMITS)
      return Promise.resolve(new Kysely({ dialect: new PostgresDialect({ pool }), log }))
    },
    flaws: async (db, query) => {
      const { rows } = await db.executeQuery<{ 'QUERY PLAN': readonly { Plan: PlanStep }[] }>(
        CompiledQuery.raw(`explain (format json) ${query.sql}`, [...query.parameters]),
      )
      return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => flawsOf(Plan)))
    },
    bytes: (hex) => `'\\x${hex}'`,
  }

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server?.stop())

  storeContracts(kind)
})
