import { describe, expect, test } from '@jest/globals'
import { type KeyId, newKeyId } from '../../src/core/ids.js'
import type { ImportPair } from '../../src/core/import-pair.js'
import { insertCmk, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store of pairs for imports does. */
export function importPairStoreContract(kind: DatabaseKind): void {
  describe('import-pair store', () => {
    const { first, second } = twoReplicas(kind)

    async function newCmkId(): Promise<KeyId> {
      const cmk = sampleCmk({ state: '5', origin: 'external' })
      await insertCmk(first().keys, cmk)
      return cmk.id
    }

    async function add(
      cmkId: KeyId,
      createdAt: number,
      expiresAt = 9e12,
      home = 1,
    ): Promise<ImportPair> {
      const pair = { key: { keyId: newKeyId(), version: 1 }, cmkId, home, createdAt, expiresAt }
      await first().importPairs.insert(pair)
      return pair
    }

    test('finds a pair by its key, and the newest of a CMK', async () => {
      const [cmkId, other] = [await newCmkId(), await newCmkId()]
      const old = await add(cmkId, 1)
      const young = await add(cmkId, 3)
      await add(cmkId, 2)
      await add(other, 4)
      expect(await second().importPairs.find(old.key)).toStrictEqual(old)
      expect(await second().importPairs.newest(cmkId, 1)).toStrictEqual(young)
      expect(await second().importPairs.find({ ...old.key, version: 2 })).toBeUndefined()
      expect(await second().importPairs.newest(newKeyId(), 1)).toBeUndefined()
      const impossible = 'nul\0' as KeyId
      expect(await second().importPairs.newest(impossible, 1)).toBeUndefined()
      expect(await second().importPairs.find({ keyId: impossible, version: 1 })).toBeUndefined()
    })

    test('names the pairs that have expired, oldest first, until they are removed', async () => {
      const cmkId = await newCmkId()
      const [late, early] = [await add(cmkId, 1, 20), await add(cmkId, 1, 10)]
      await add(cmkId, 1, 21)
      expect(await second().importPairs.expired({ now: 9, limit: 5, homes: [1] })).toStrictEqual([])
      expect(await second().importPairs.expired({ now: 20, limit: 5, homes: [1] })).toStrictEqual([
        early,
        late,
      ])
      expect(await second().importPairs.expired({ now: 20, limit: 1, homes: [1] })).toStrictEqual([
        early,
      ])
      await first().importPairs.remove(early.key)
      await first().importPairs.remove(early.key)
      expect(await second().importPairs.find(early.key)).toBeUndefined()
      expect(await second().importPairs.expired({ now: 20, limit: 5, homes: [1] })).toStrictEqual([
        late,
      ])
    })
  })
}
