import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { accessKeyStoreContract } from '../contract/access-key-store.contract.js'
import { type RawDatabaseKind, databaseContract } from '../contract/database-store.contract.js'
import { keyStoreListContract } from '../contract/key-store-list.contract.js'
import { keyStoreModelContract } from '../contract/key-store-model.contract.js'
import { keyStoreContract } from '../contract/key-store.contract.js'
import { serviceKeyStoreContract } from '../contract/service-key-store.contract.js'

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kms-store-'))
  let count = 0
  const kind: RawDatabaseKind = {
    newUrl: () => {
      count += 1
      return Promise.resolve(`sqlite:${join(folder, `${count}.sqlite`)}`)
    },
    execute: (url, sql) => {
      const db = new Sqlite(url.slice('sqlite:'.length))
      db.exec(sql)
      db.close()
      return Promise.resolve()
    },
  }

  afterAll(() => rm(folder, { recursive: true, force: true }))

  keyStoreContract(kind)
  keyStoreListContract(kind)
  keyStoreModelContract(kind)
  accessKeyStoreContract(kind)
  serviceKeyStoreContract(kind)
  databaseContract(kind)
})
