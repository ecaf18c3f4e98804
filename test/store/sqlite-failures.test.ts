import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { StoreUnavailable } from '../../src/core/key-store.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import { insertCmk, sampleAccessKey, sampleCmk } from '../contract/store-samples.js'
import { describeUnless } from '../support/describe-unless.js'
import { inNewFolder } from '../support/folder.js'
import { mountSmallFileSystem, whyNoMount } from './small-file-system.js'

async function expectUnavailable(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toBeInstanceOf(StoreUnavailable)
}

async function inOpenDatabase(
  test: (database: Database, path: string, folder: string) => Promise<void>,
): Promise<void> {
  await inNewFolder(async (folder) => {
    const path = join(folder, 'kms.sqlite')
    const database = await openDatabase(`sqlite:${path}`)
    try {
      await test(database, path, folder)
    } finally {
      await database.close()
    }
  })
}

describe('a SQLite database', () => {
  test.each(['sqlite:', 'sqlite:kms.sqlite', 'mysql://localhost/kms', ''])(
    'has no address like %p',
    async (url) => {
      await expect(openDatabase(url)).rejects.toThrow(/must be sqlite: .* or .* postgres:/)
    },
  )

  test('cannot be opened in a folder that is not there, or on what is no database', async () => {
    await inNewFolder(async (folder) => {
      await expectUnavailable(openDatabase(`sqlite:${join(folder, 'nowhere', 'kms.sqlite')}`))
      await writeFile(join(folder, 'text'), 'This is no database. '.repeat(100))
      await expectUnavailable(openDatabase(`sqlite:${join(folder, 'text')}`))
      await mkdir(join(folder, 'folder'), { mode: 0o755 })
      await expectUnavailable(openDatabase(`sqlite:${join(folder, 'folder')}`))
    })
  })

  test('whose file was removed takes no writes, until the file is put back', async () => {
    await inOpenDatabase(async (database, path) => {
      const { keys, accessKeys } = database
      const cmk = sampleCmk()
      await insertCmk(keys, cmk)
      await rename(path, `${path}.away`)
      await expectUnavailable(database.ping())
      await expectUnavailable(insertCmk(keys, sampleCmk()))
      await expectUnavailable(keys.replace(cmk))
      await expectUnavailable(accessKeys.insert(sampleAccessKey()))
      await rename(`${path}.away`, path)
      await database.ping()
      await keys.replace(cmk)
      expect(await keys.find(cmk.projectId, cmk.id)).toMatchObject({ revision: 2 })
    })
  })

  test('whose file was replaced by another takes no writes', async () => {
    await inOpenDatabase(async (database, path, folder) => {
      const { keys } = database
      const other = join(folder, 'other.sqlite')
      await (await openDatabase(`sqlite:${other}`)).close()
      await rm(path)
      await rename(other, path)
      await expectUnavailable(database.ping())
      await expectUnavailable(insertCmk(keys, sampleCmk()))
    })
  })

  test('waits for a lock of another process without holding up its own', async () => {
    await inOpenDatabase(async ({ keys }, path) => {
      const other = new Sqlite(path)
      other.exec('begin immediate')
      const cmk = sampleCmk()
      const inserting = insertCmk(keys, cmk)
      let turns = 0
      while (turns < 10) {
        await setTimeout(20)
        turns += 1
      }
      other.exec('commit')
      other.close()
      await inserting
      expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
    })
  })

  test('gives up on a lock after five seconds', async () => {
    await inOpenDatabase(async ({ keys }, path) => {
      const other = new Sqlite(path)
      other.exec('begin immediate')
      const call = insertCmk(keys, sampleCmk())
      await expect(call).rejects.toThrow('SQLITE_BUSY')
      await expectUnavailable(call)
      other.exec('rollback')
      other.close()
      await insertCmk(keys, sampleCmk())
    })
  })
})

describeUnless(whyNoMount(), 'a SQLite database on a small file system', () => {
  test('that is full refuses writes, reads on, and writes again when there is room', async () => {
    const disk = mountSmallFileSystem()
    try {
      const database = await openDatabase(`sqlite:${join(disk.folder, 'kms.sqlite')}`)
      const { keys } = database
      const cmk = sampleCmk()
      await insertCmk(keys, cmk)
      const filler = join(disk.folder, 'filler')
      await expect(writeFile(filler, Buffer.alloc(2 ** 20))).rejects.toMatchObject({
        code: 'ENOSPC',
      })
      const large = sampleCmk({ projectId: cmk.projectId, description: 'd'.repeat(10_000) })
      await expectUnavailable(insertCmk(keys, large))
      expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
      expect(await keys.countByProject(cmk.projectId)).toBe(1)
      await rm(filler)
      await insertCmk(keys, large)
      expect(await keys.countByProject(cmk.projectId)).toBe(2)
      await database.close()
    } finally {
      disk.remove()
    }
  })

  test('that is read-only cannot be opened', async () => {
    const disk = mountSmallFileSystem()
    try {
      const url = `sqlite:${join(disk.folder, 'kms.sqlite')}`
      await (await openDatabase(url)).close()
      disk.makeReadOnly()
      await expectUnavailable(openDatabase(url))
      await expectUnavailable(openDatabase(`sqlite:${join(disk.folder, 'new.sqlite')}`))
    } finally {
      disk.remove()
    }
  })
})

const rootReason = process.getuid?.() === 0 ? 'root may write anywhere' : undefined

describeUnless(rootReason, 'a SQLite database in a read-only folder', () => {
  test('cannot be made', async () => {
    await inNewFolder(async (folder) => {
      await chmod(folder, 0o500)
      await expectUnavailable(openDatabase(`sqlite:${join(folder, 'kms.sqlite')}`))
    })
  })
})
