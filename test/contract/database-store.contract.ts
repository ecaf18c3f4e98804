import { describe, expect, test } from '@jest/globals'
import { StoreUnavailable } from '../../src/core/key-store.js'
import { openDatabase } from '../../src/store/database.js'
import { NewerDatabase } from '../../src/store/migrate.js'
import { everythingTold } from './store-errors.js'
import { insertInProcess } from './store-processes.js'
import { insertCmk, newProject, sampleCmk } from './store-samples.js'
import type { RawDatabaseKind } from './store-under-test.js'

/** How every database lives: opened, migrated, shared between processes, closed. */
export function databaseContract(kind: RawDatabaseKind): void {
  describe('database', () => {
    test('is opened and migrated by many at once, and opened again later', async () => {
      const url = await kind.newUrl()
      const databases = await Promise.all(Array.from({ length: 6 }, () => openDatabase(url)))
      const cmk = sampleCmk()
      for (const [index, database] of databases.entries()) {
        const { keys } = database
        if (index === 0) await insertCmk(keys, cmk)
        expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
        await database.close()
      }
      const again = await openDatabase(url)
      expect(await again.keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
      await again.close()
    })

    test('is migrated once and filled to the quota by three processes', async () => {
      const url = await kind.newUrl()
      const project = newProject()
      const done = await Promise.all(
        Array.from({ length: 3 }, () => insertInProcess({ url, project, quota: 25 })),
      )
      expect(done.map(({ code, errors }) => [code, errors])).toStrictEqual(Array(3).fill([0, '']))
      const ids = done.flatMap((process) => process.ids)
      expect(ids).toHaveLength(25)
      expect(await storedIds(url, project)).toStrictEqual(new Set(ids))
    })

    test('keeps everything that a killed process had been told was stored', async () => {
      const url = await kind.newUrl()
      const project = newProject()
      const { ids, code } = await insertInProcess({
        url,
        project,
        quota: 100_000,
        onId: (child, count) => count >= 15 && child.kill('SIGKILL'),
      })
      expect(code).toBeNull()
      const stored = await storedIds(url, project)
      expect(ids.filter((id) => !stored.has(id))).toStrictEqual([])
      // At most the one that was under way when the process was killed was stored without an answer.
      expect(stored.size - ids.length).toBeLessThanOrEqual(1)
      const database = await openDatabase(url)
      expect(await database.keys.countByProject(project)).toBe(stored.size)
      await database.close()
    })

    test('is refused when a newer release has migrated it, and left as it was', async () => {
      const url = await kind.newUrl()
      await (await openDatabase(url)).close()
      const row = "('999-later', '2099-01-01T00:00:00.000Z')"
      await kind.execute(url, `insert into kysely_migration (name, timestamp) values ${row}`)
      const refusal = openDatabase(url)
      await expect(refusal).rejects.toBeInstanceOf(NewerDatabase)
      await expect(refusal).rejects.toThrow(/newer release.*999-later/)
      await kind.execute(url, "delete from kysely_migration where name = '999-later'")
      await (await openDatabase(url)).close()
    })

    test('answers a ping while open, and StoreUnavailable to everything once closed', async () => {
      const database = await openDatabase(await kind.newUrl())
      const { keys, accessKeys, serviceKeys } = database
      await database.ping()
      const cmk = sampleCmk()
      const underWay = insertCmk(keys, cmk)
      await database.close()
      await underWay
      await database.close()
      const calls = [
        database.ping(),
        insertCmk(keys, sampleCmk()),
        keys.find(cmk.projectId, cmk.id),
        keys.replace(cmk),
        accessKeys.find('NOBODY'),
        serviceKeys.list('0'),
      ]
      for (const { reason } of rejected(await Promise.allSettled(calls))) {
        expect(reason).toBeInstanceOf(StoreUnavailable)
      }
      expect(rejected(await Promise.allSettled(calls))).toHaveLength(calls.length)
    })

    test('names neither statement nor value when a statement is refused', async () => {
      const database = await openDatabase(await kind.newUrl())
      const { keys } = database
      const cmk = sampleCmk({ description: 'a-description-to-look-for' })
      await insertCmk(keys, cmk)
      const twin = sampleCmk({ ...cmk, alias: 'other' })
      const failure = await insertCmk(keys, twin).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Error)
      expect(failure).not.toBeInstanceOf(StoreUnavailable)
      const told = everythingTold(failure)
      for (const secret of [cmk.id, cmk.projectId, cmk.description, 'insert into']) {
        expect(told).not.toContain(secret)
      }
      expect(await keys.countByProject(cmk.projectId)).toBe(1)
      await database.close()
    })
  })
}

async function storedIds(url: string, project: ReturnType<typeof newProject>) {
  const database = await openDatabase(url)
  const page = { offset: 0, limit: 100_000 }
  const { cmks, total } = await database.keys.list({ projectId: project, filter: {}, page })
  await database.close()
  expect(cmks).toHaveLength(total)
  return new Set<string>(cmks.map(({ id }) => id))
}

function rejected(results: readonly PromiseSettledResult<unknown>[]): PromiseRejectedResult[] {
  return results.filter((result) => result.status === 'rejected')
}
