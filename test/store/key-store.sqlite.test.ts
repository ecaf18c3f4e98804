import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { storeContracts } from '../contract/stores.contract.js'
import type { RawDatabaseKind } from '../contract/store-under-test.js'

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
    query: (url, sql) => {
      const db = new Sqlite(url.slice('sqlite:'.length), { readonly: true })
      const rows = db.prepare(sql).all()
      db.close()
      return Promise.resolve(rows)
    },
  }

  afterAll(() => rm(folder, { recursive: true, force: true }))

  storeContracts(kind)
})
