import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { openDatabase } from '../../src/store/database.js'
import { openSqliteFile } from '../../src/store/sqlite-file.js'
import { insertCmk, sampleCmk } from '../contract/store-samples.js'
import { inNewFolder, modeOf } from '../support/folder.js'

const FULL = 2

describe('an open SQLite database', () => {
  test('writes ahead, reaches the disk at each commit, and checks references', async () => {
    await inNewFolder(async (folder) => {
      const { db } = await openSqliteFile(join(folder, 'kms.sqlite'))
      const pragmas = ['journal_mode', 'synchronous', 'fullfsync', 'foreign_keys']
      const values = pragmas.map((name) => db.pragma(name, { simple: true }))
      db.close()
      expect(values).toStrictEqual(['wal', FULL, 1, 1])
    })
  })

  test('is for its owner alone, whatever the umask, and with all files beside it', async () => {
    const umask = process.umask(0)
    try {
      await inNewFolder(async (folder) => {
        const path = join(folder, 'kms.sqlite')
        const database = await openDatabase(`sqlite:${path}`)
        await insertCmk(database.keys, sampleCmk())
        const files = [path, `${path}-wal`, `${path}-shm`]
        expect(await Promise.all(files.map(modeOf))).toStrictEqual(['600', '600', '600'])
        await database.close()
      })
    } finally {
      process.umask(umask)
    }
  })

  test('takes the rights of others away from a file that was there', async () => {
    await inNewFolder(async (folder) => {
      const path = join(folder, 'kms.sqlite')
      await writeFile(path, '')
      await chmod(path, 0o664)
      await (await openDatabase(`sqlite:${path}`)).close()
      expect(await modeOf(path)).toBe('600')
    })
  })
})
