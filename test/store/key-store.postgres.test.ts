import { afterAll, beforeAll } from '@jest/globals'
import pg from 'pg'
import { accessKeyStoreContract } from '../contract/access-key-store.contract.js'
import { type RawDatabaseKind, databaseContract } from '../contract/database-store.contract.js'
import { keyStoreListContract } from '../contract/key-store-list.contract.js'
import { keyStoreModelContract } from '../contract/key-store-model.contract.js'
import { keyStoreContract } from '../contract/key-store.contract.js'
import { serviceKeyStoreContract } from '../contract/service-key-store.contract.js'
import { describeUnless } from '../support/describe-unless.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'

const reason = postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined

describeUnless(reason, 'PostgreSQL', () => {
  let server: Postgres | undefined
  const kind: RawDatabaseKind = {
    newUrl: () => server?.createDatabase() ?? Promise.reject(new Error('No server runs.')),
    execute: async (url, sql) => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(sql)
      await client.end()
    },
  }

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server?.stop())

  keyStoreContract(kind)
  keyStoreListContract(kind)
  keyStoreModelContract(kind)
  accessKeyStoreContract(kind)
  serviceKeyStoreContract(kind)
  databaseContract(kind)
})
