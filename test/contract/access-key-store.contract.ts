import { describe, expect, test } from '@jest/globals'
import { StoreUnavailable } from '../../src/core/key-store.js'
import { SOME_TIME, sampleAccessKey } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every access-key store does. */
export function accessKeyStoreContract(kind: DatabaseKind): void {
  describe('access-key store', () => {
    const { first, second } = twoReplicas(kind)

    test('gives back every field as it was stored, the sealed secret as bytes', async () => {
      const accessKey = sampleAccessKey({ state: 'disabled', userName: 'Jürgen 🔑' })
      await first().accessKeys.insert(accessKey)
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
      await first().accessKeys.insert(accessKey)
      const refusal = second().accessKeys.insert(sampleAccessKey({ id: accessKey.id }))
      await expect(refusal).rejects.toThrow('An access key of this id exists already.')
      await expect(refusal).rejects.not.toBeInstanceOf(StoreUnavailable)
      expect(await first().accessKeys.find(accessKey.id)).toStrictEqual(accessKey)
    })

    test('changes the state and raises the revision', async () => {
      const accessKey = sampleAccessKey()
      await first().accessKeys.insert(accessKey)
      expect(await second().accessKeys.setState(accessKey.id, 'disabled')).toBe(true)
      const stored = await first().accessKeys.find(accessKey.id)
      expect(stored).toStrictEqual({ ...accessKey, state: 'disabled', revision: 2 })
    })

    test('lists in order of creation, then of id', async () => {
      const late = sampleAccessKey({ createdAt: SOME_TIME + 5 })
      const early = ['B', 'A'].map((id) => sampleAccessKey({ id, createdAt: SOME_TIME - 5 }))
      for (const accessKey of [late, ...early]) await first().accessKeys.insert(accessKey)
      const ids = (await second().accessKeys.list()).map(({ id }) => id)
      expect([...ids.slice(0, 2), ids.at(-1)]).toStrictEqual(['A', 'B', late.id])
    })
  })
}
