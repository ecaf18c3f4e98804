import { afterAll, beforeAll } from '@jest/globals'
import pg from 'pg'
import { storeContracts } from '../contract/stores.contract.js'
import type { RawDatabaseKind } from '../contract/store-under-test.js'
import { describeUnless } from '../support/describe-unless.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'

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
  }

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server?.stop())

  storeContracts(kind)
})
