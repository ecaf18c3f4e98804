import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { CompiledQuery, Kysely } from '../../src/packages/kysely.js'
import { DurableSqliteDialect } from '../../src/store/sqlite-dialect.js'
import { openSqliteFile } from '../../src/store/sqlite-file.js'
import { storeContracts } from '../contract/stores.contract.js'
import type { RawDatabaseKind } from '../contract/store-under-test.js'
import { migrateOnlyTo } from './migrate-only-to.js'

describe('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kms-store-'))
  let count = 0
  const kind: RawDatabaseKind = {
    newUrl: () => {
      count += 1
      return Promise.resolve(`sqlite:${join(folder, `${count}.sqlite`)}`)
    },
    execute: (url, sql) =>
      new Promise((resolve) => {
        const db = new Sqlite(url.slice('sqlite:'.length))
        try {
          db.exec(sql)
        } finally {
          db.close()
        }
        resolve()
      }),
    query: (url, sql) => {
      const db = new Sqlite(url.slice('sqlite:'.length), { readonly: true })
      const rows = db.prepare(sql).all()
      db.close()
      return Promise.resolve(rows)
    },
    migrateTo: async (url, migration) => {
      const file = await openSqliteFile(url.slice('sqlite:'.length))
      await migrateOnlyTo(new Kysely({ dialect: new DurableSqliteDialect(file) }), migration)
    },
    openLogged: async (url, log) => {
      const file = await openSqliteFile(url.slice('sqlite:'.length))
      return new Kysely({ dialect: new DurableSqliteDialect(file), log })
    },
    flaws: async (db, query) => {
      const { rows } = await db.executeQuery<{ detail: string }>(
        CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]),
      )
      // `SCAN due` reads the few rows that the statement has just found, `SCAN … USING COVERING INDEX` a whole index.
      return rows
        .map(({ detail }) => detail)
        .filter((step) => /^SCAN (?!due)|TEMP B-TREE/.test(step))
    },
    bytes: (hex) => `x'${hex}'`,
  }

  afterAll(() => rm(folder, { recursive: true, force: true }))

  storeContracts(kind)
})
