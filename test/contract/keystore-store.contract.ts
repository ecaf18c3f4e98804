import { describe, expect, test } from '@jest/globals'
import { newKeyId } from '../../src/core/ids.js'
import { StaleRevision } from '../../src/core/key-store.js'
import type { Keystore } from '../../src/core/keystore.js'
import { outcomes } from './store-outcomes.js'
import { SOME_TIME, firstVersion, insertCmk, sampleCmk, sampleKeystore } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store of keystores does. */
export function keystoreStoreContract(kind: DatabaseKind): void {
  describe('keystore store', () => {
    const { first, second } = twoReplicas(kind)

    async function add(stated: Partial<Keystore> = {}): Promise<Keystore> {
      const keystore = sampleKeystore(stated)
      await first().keystores.insert(keystore)
      return keystore
    }

    test('gives back every field, whichever account asks', async () => {
      const keystore = await add({ type: 'CDMS', state: '3', alias: 'Größe 🔑', revision: 5e9 })
      expect(await second().keystores.find(keystore.id)).toStrictEqual(keystore)
      for (const id of [newKeyId(), '0', 'nul\0', '\ud800']) {
        expect(await second().keystores.find(id)).toBeUndefined()
        expect(await second().keystores.remove(id)).toBe(false)
      }
      for (const field of ['alias', 'domainId', 'clusterId']) {
        await expect(add({ [field]: 'nul\0' })).rejects.toMatchObject({ code: 'KMS.0308' })
      }
    })

    test('takes an alias once in an account, and a cluster once at all', async () => {
      const { domainId, alias, clusterId } = await add()
      await expect(add({ domainId, alias })).rejects.toMatchObject({ code: 'KMS.1104' })
      await expect(add({ domainId, alias, clusterId })).rejects.toMatchObject({ code: 'KMS.1104' })
      await expect(add({ clusterId })).rejects.toMatchObject({ code: 'KMS.0340' })
      await add({ alias })
      await add({ domainId })
      const calls = Array.from({ length: 6 }, (_, index) =>
        (index % 2 ? first() : second()).keystores.insert(sampleKeystore({ clusterId: 'one' })),
      )
      expect(await outcomes(calls)).toStrictEqual(['done', ...Array<string>(5).fill('KMS.0340')])
    })

    test('replaces the revision that was read, and no other', async () => {
      const keystore = await add({ state: '3' })
      await first().keystores.replace({ ...keystore, state: '2' })
      const enabled = { ...keystore, state: '2', revision: 2 } as const
      expect(await second().keystores.find(keystore.id)).toStrictEqual(enabled)
      await expect(second().keystores.replace(keystore)).rejects.toBeInstanceOf(StaleRevision)
      const stolen = { ...enabled, domainId: 'another account' }
      await expect(second().keystores.replace(stolen)).rejects.toBeInstanceOf(StaleRevision)
      await expect(first().keystores.replace(sampleKeystore())).rejects.toBeInstanceOf(
        StaleRevision,
      )
      const other = await add({ domainId: keystore.domainId })
      const renamed = first().keystores.replace({ ...other, alias: keystore.alias })
      await expect(renamed).rejects.toMatchObject({ code: 'KMS.1104' })
    })

    test('lists those of an account by creation, then id', async () => {
      const { domainId } = sampleKeystore()
      const late = await add({ domainId, createdAt: SOME_TIME + 1 })
      const early = [await add({ domainId }), await add({ domainId })]
      await add()
      const inOrder = [...early.toSorted((a, b) => (a.id < b.id ? -1 : 1)), late]
      const all = await second().keystores.list({ domainId, page: { offset: 0, limit: 10 } })
      expect(all).toStrictEqual({ keystores: inOrder, total: 3 })
      const slice = await second().keystores.list({ domainId, page: { offset: 1, limit: 1 } })
      expect(slice).toStrictEqual({ keystores: inOrder.slice(1, 2), total: 3 })
    })

    test('admits keys while it is there and enabled', async () => {
      const keystore = await add({ state: '3' })
      const cmk = sampleCmk({ keystoreId: keystore.id })
      await expect(insertCmk(first().keys, cmk)).rejects.toMatchObject({ code: 'KMS.0340' })
      expect(await first().keys.countByProject(cmk.projectId)).toBe(0)
      await first().keystores.replace({ ...keystore, state: '2' })
      await insertCmk(first().keys, cmk)
      expect(await second().keys.countByKeystore(keystore.id)).toBe(1)
      const nowhere = sampleCmk({ keystoreId: newKeyId() })
      await expect(insertCmk(first().keys, nowhere)).rejects.toMatchObject({ code: 'KMS.0340' })
      const impossible = sampleCmk({ keystoreId: 'nul\0' })
      await expect(insertCmk(first().keys, impossible)).rejects.toMatchObject({ code: 'KMS.0308' })
      expect(await second().keys.countByKeystore('nul\0')).toBe(0)
    })

    test('stays until the objects of its last key are gone', async () => {
      const keystore = await add()
      const cmk = sampleCmk({ keystoreId: keystore.id })
      await insertCmk(first().keys, cmk)
      const tombstone = { ...cmk, destroyedAt: SOME_TIME }
      await first().keys.replace(tombstone)
      expect(await second().keys.countByKeystore(keystore.id)).toBe(1)
      expect(await second().keystores.remove(keystore.id)).toBe(false)
      expect(await second().keystores.find(keystore.id)).toStrictEqual(keystore)
      await first().keys.replace({ ...tombstone, materialGone: true, revision: 2 })
      expect(await second().keys.countByKeystore(keystore.id)).toBe(0)
      expect(await second().keystores.remove(keystore.id)).toBe(true)
      expect(await second().keystores.remove(keystore.id)).toBe(false)
      expect(await first().keystores.find(keystore.id)).toBeUndefined()
    })

    test('is never removed from under a key that is made at the same moment', async () => {
      for (let round = 0; round < 12; round += 1) {
        const keystore = await add()
        const cmk = sampleCmk({ keystoreId: keystore.id })
        const insertion = { cmk, version: firstVersion(cmk), quota: 1 }
        const [[inserted], removed] = await Promise.all([
          outcomes([(round % 2 ? first() : second()).keys.insert(insertion)]),
          first().keystores.remove(keystore.id),
        ])
        expect([inserted, removed]).toStrictEqual(removed ? ['KMS.0340', true] : ['done', false])
      }
    })
  })
}
