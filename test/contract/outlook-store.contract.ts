import { describe, expect, test } from '@jest/globals'
import { newKeyId } from '../../src/core/ids.js'
import { openDatabase } from '../../src/store/database.js'
import { insertCmk, sampleCmk } from './store-samples.js'
import type { DatabaseKind } from './store-under-test.js'

const NOTHING = {
  due: 0,
  overdue: 0,
  oldestDueAt: undefined,
  materialExpiresAt: undefined,
  materialExpiring: 0,
  importParameters: 0,
  importParametersExpireAt: undefined,
}

/** What every database says about what lies ahead. */
export function outlookStoreContract(kind: DatabaseKind): void {
  describe('outlook', () => {
    test('tells of due work, of material that lapses and of parameters for import', async () => {
      const database = await openDatabase(await kind.newUrl())
      const { keys, importPairs, outlook } = database
      const moment = { now: 1000, overdueSince: 500, soon: 2000 }
      try {
        expect(await outlook.look(moment)).toEqual(NOTHING)
        for (const cmk of [
          sampleCmk(),
          sampleCmk({ state: '4', deletionAt: 400 }),
          sampleCmk({ state: '4', deletionAt: 1000 }),
          sampleCmk({ state: '4', deletionAt: 1001 }),
          // What lapsed is due, and lapses no more.
          sampleCmk({ origin: 'external', materialExpiresAt: 501 }),
          sampleCmk({ origin: 'external', materialExpiresAt: 2001 }),
          sampleCmk({ origin: 'external', materialExpiresAt: 2000 }),
          // A tombstone whose objects are gone has nothing before it.
          sampleCmk({ materialExpiresAt: 1500, destroyedAt: 1, materialGone: true }),
        ]) {
          await insertCmk(keys, cmk)
        }
        const cmk = sampleCmk()
        await insertCmk(keys, cmk)
        for (const expiresAt of [300, 1200, 1100]) {
          const key = { keyId: newKeyId(), version: 1 }
          await importPairs.insert({ key, cmkId: cmk.id, home: 1, createdAt: 1, expiresAt })
        }
        expect(await outlook.look(moment)).toEqual({
          due: 4,
          overdue: 2,
          oldestDueAt: 300,
          materialExpiresAt: 2000,
          materialExpiring: 1,
          importParameters: 2,
          importParametersExpireAt: 1100,
        })
      } finally {
        await database.close()
      }
    })

    test('counts no further than 1000', async () => {
      const database = await openDatabase(await kind.newUrl())
      const { keys, importPairs, outlook } = database
      try {
        const cmk = sampleCmk()
        await insertCmk(keys, cmk)
        for (let number = 0; number < 1010; number++) {
          const key = { keyId: newKeyId(), version: 1 }
          await importPairs.insert({ key, cmkId: cmk.id, home: 1, createdAt: 1, expiresAt: number })
        }
        expect(await outlook.look({ now: 2000, overdueSince: 2000, soon: 2000 })).toMatchObject({
          due: 1000,
          overdue: 1000,
          oldestDueAt: 0,
        })
        expect(await outlook.look({ now: -1, overdueSince: -1, soon: 0 })).toMatchObject({
          due: 0,
          importParameters: 1000,
          importParametersExpireAt: 0,
        })
      } finally {
        await database.close()
      }
    })
  })
}
