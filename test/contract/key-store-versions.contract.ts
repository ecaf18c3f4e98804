import { describe, expect, test } from '@jest/globals'
import type { KeyVersion } from '../../src/core/cmk.js'
import { type KeyId, newKeyId } from '../../src/core/ids.js'
import { type KeyStore, StaleRevision } from '../../src/core/key-store.js'
import { disable } from '../../src/core/life-cycle.js'
import { SOME_TIME, firstVersion, insertCmk, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** How every key store keeps the versions of the material. */
export function keyStoreVersionsContract(kind: DatabaseKind): void {
  describe('versions in the key store', () => {
    const { first, second } = twoReplicas(kind)

    test('come back with every field, the check value as bytes', async () => {
      const cmk = sampleCmk()
      const facts = { expiresAt: SOME_TIME + 5, use: 'waiting', present: false } as const
      const version = firstVersion(cmk, facts)
      await first().keys.insert({ cmk, version, quota: 1 })
      const stored = await second().keys.versions(cmk.id)
      expect(stored).toStrictEqual([version])
      expect(stored[0]?.checkValue.constructor.name).toBe('Uint8Array')
    })

    test('are none for an external key that awaits its material, or for an unknown key', async () => {
      const cmk = sampleCmk({ origin: 'external', state: '5' })
      await first().keys.insert({ cmk, version: undefined, quota: 1 })
      expect(await second().keys.versions(cmk.id)).toStrictEqual([])
      expect(await second().keys.versions(newKeyId())).toStrictEqual([])
      expect(await second().keys.versions('nul\0' as KeyId)).toStrictEqual([])
      expect(await second().keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
    })

    test('are added and changed with their key, oldest first, or not at all', async () => {
      const cmk = sampleCmk()
      const one = firstVersion(cmk)
      await first().keys.insert({ cmk, version: one, quota: 1 })
      const lapsed: KeyVersion = { ...one, present: false, expiresAt: SOME_TIME }
      const ten = firstVersion(cmk, { key: { keyId: cmk.id, version: 10 } })
      const two = firstVersion(cmk, { key: { keyId: cmk.id, version: 2 }, use: 'waiting' })
      await first().keys.replace({ ...cmk, currentVersion: 10 }, [ten, lapsed, two])
      expect(await second().keys.versions(cmk.id)).toStrictEqual([lapsed, two, ten])

      const stale = second().keys.replace(cmk, [{ ...two, use: 'in-use' }])
      await expect(stale).rejects.toBeInstanceOf(StaleRevision)
      const twin = sampleCmk({ projectId: cmk.projectId })
      await insertCmk(first().keys, twin)
      const renamed = { ...cmk, alias: twin.alias, revision: 2 }
      const refused = second().keys.replace(renamed, [{ ...two, use: 'in-use' }])
      await expect(refused).rejects.toMatchObject({ code: 'KMS.1104' })
      expect(await second().keys.versions(cmk.id)).toStrictEqual([lapsed, two, ten])
    })

    test('are not written with another key', async () => {
      const [cmk, other] = [sampleCmk(), sampleCmk()]
      await insertCmk(first().keys, cmk)
      const stray = first().keys.replace(cmk, [firstVersion(other)])
      await expect(stray).rejects.toBeInstanceOf(TypeError)
      expect(await first().keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
    })

    test('stay as they are when a key is replaced without any', async () => {
      const cmk = sampleCmk()
      const version = firstVersion(cmk)
      await first().keys.insert({ cmk, version, quota: 1 })
      await first().keys.replace(disable(cmk))
      expect(await second().keys.versions(cmk.id)).toStrictEqual([version])
    })

    test('that should be on a token are those present, until the objects of a tombstone are gone', async () => {
      const cmk = sampleCmk({ spec: 'EC_P256', usage: 'SIGN_VERIFY', origin: 'external' })
      const version = firstVersion(cmk)
      const gone = firstVersion(cmk, { key: { keyId: cmk.id, version: 2 }, present: false })
      await first().keys.insert({ cmk, version, quota: 1 })
      await first().keys.replace(cmk, [gone])
      const facts = { spec: cmk.spec, usage: cmk.usage, origin: cmk.origin, keystoreId: '0' }
      const kept = [{ ...version, ...facts }]
      expect(await versionsOnToken(second().keys, cmk.id)).toStrictEqual(kept)
      const tombstone = { ...cmk, revision: 2, destroyedAt: SOME_TIME }
      await first().keys.replace(tombstone)
      expect(await versionsOnToken(second().keys, cmk.id)).toStrictEqual(kept)
      await first().keys.replace({ ...tombstone, revision: 3, materialGone: true })
      expect(await versionsOnToken(second().keys, cmk.id)).toStrictEqual([])
      expect(await second().keys.versions(cmk.id)).toStrictEqual([version, gone])
    })
  })
}

async function versionsOnToken(keys: KeyStore, keyId: KeyId) {
  return (await keys.allVersions()).filter(({ key }) => key.keyId === keyId)
}
