import { describe, expect, test } from '@jest/globals'
import { StoreUnavailable } from '../../src/core/key-store.js'
import { SOME_TIME, insertAccessKey, sampleAccessKey } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every access-key store does. */
export function accessKeyStoreContract(kind: DatabaseKind): void {
  describe('access-key store', () => {
    const { first, second } = twoReplicas(kind)

    test('gives back every field as it was stored, the sealed secret as bytes', async () => {
      const accessKey = sampleAccessKey({ state: 'disabled', userId: 'Jürgen 🔑' })
      await insertAccessKey(first(), accessKey)
      const stored = await second().accessKeys.find(accessKey.id)
      expect(stored).toStrictEqual(accessKey)
      expect(stored?.sealedSecret.constructor.name).toBe('Uint8Array')
    })

    test('finds nothing by an id that is not there, or that no row can have', async () => {
      for (const id of ['NOBODY', '', 'nul\0', '\ud800']) {
        expect(await first().accessKeys.find(id)).toBeUndefined()
        expect(await first().accessKeys.setState(id, 'disabled')).toBe(false)
      }
    })

    test('refuses an id that is taken, and keeps the first key', async () => {
      const accessKey = sampleAccessKey()
      await insertAccessKey(first(), accessKey)
      const refusal = insertAccessKey(second(), sampleAccessKey({ id: accessKey.id }))
      await expect(refusal).rejects.toThrow('An access key of this id exists already.')
      await expect(refusal).rejects.not.toBeInstanceOf(StoreUnavailable)
      expect(await first().accessKeys.find(accessKey.id)).toStrictEqual(accessKey)
    })

    test('changes the state and raises the revision', async () => {
      const accessKey = sampleAccessKey()
      await insertAccessKey(first(), accessKey)
      expect(await second().accessKeys.setState(accessKey.id, 'disabled')).toBe(true)
      const stored = await first().accessKeys.find(accessKey.id)
      expect(stored).toStrictEqual({ ...accessKey, state: 'disabled', revision: 2 })
    })

    test('keeps the end and the token of a temporary access key', async () => {
      const temporary = { expiresAt: SOME_TIME + 900_000, tokenDigest: new Uint8Array([0, 7, 255]) }
      const accessKey = sampleAccessKey({ temporary })
      await insertAccessKey(first(), accessKey)
      expect(await second().accessKeys.find(accessKey.id)).toStrictEqual(accessKey)
      await first().accessKeys.remove(accessKey.id)
    })

    test('removes a key once', async () => {
      const [gone, kept] = [sampleAccessKey(), sampleAccessKey()]
      for (const accessKey of [gone, kept]) await insertAccessKey(first(), accessKey)
      expect(await second().accessKeys.remove(gone.id)).toBe(true)
      expect(await first().accessKeys.remove(gone.id)).toBe(false)
      expect(await first().accessKeys.remove('nul\0')).toBe(false)
      expect(await second().accessKeys.find(gone.id)).toBeUndefined()
      expect(await second().accessKeys.find(kept.id)).toStrictEqual(kept)
    })

    test('removes temporary keys once they have expired, and no others', async () => {
      const [early, due, late] = [SOME_TIME - 2, SOME_TIME - 1, SOME_TIME].map((expiresAt) =>
        sampleAccessKey({ temporary: { expiresAt, tokenDigest: new Uint8Array(32) } }),
      )
      const lasting = sampleAccessKey()
      const all = [early, due, late, lasting].filter((accessKey) => accessKey !== undefined)
      for (const accessKey of all) await insertAccessKey(first(), accessKey)
      expect(await second().accessKeys.removeExpired(SOME_TIME)).toBe(2)
      expect(await first().accessKeys.removeExpired(SOME_TIME)).toBe(0)
      const left = new Set((await first().accessKeys.list()).map(({ id }) => id))
      expect(all.map(({ id }) => left.has(id))).toStrictEqual([false, false, true, true])
    })

    test('lists in order of creation, then of id', async () => {
      const late = sampleAccessKey({ createdAt: SOME_TIME + 5 })
      const early = ['B', 'A'].map((id) => sampleAccessKey({ id, createdAt: SOME_TIME - 5 }))
      for (const accessKey of [late, ...early]) await insertAccessKey(first(), accessKey)
      const ids = (await second().accessKeys.list()).map(({ id }) => id)
      expect([...ids.slice(0, 2), ids.at(-1)]).toStrictEqual(['A', 'B', late.id])
    })
  })
}
