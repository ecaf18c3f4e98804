import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { projectId } from '../../src/core/ids.js'
import type { AccessPoint, KeyPolicy, KeySpaceStore } from '../../src/core/key-space.js'
import { StaleRevision } from '../../src/core/key-store.js'
import type { Database } from '../../src/store/database.js'
import { SOME_TIME, newProject } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store of access points and key policies does. */
export function keySpaceStoreContract(kind: DatabaseKind): void {
  describe('key-space stores', () => {
    const { first, second } = twoReplicas(kind)

    test.each([
      sampleAccessPoint(),
      sampleAccessPoint({
        type: 3,
        enabled: false,
        publicKey: new Uint8Array([0, 255]),
        sealedPrivateKey: new Uint8Array([]),
      }),
    ])('give back an access point as it was stored', async (accessPoint) => {
      await first().accessPoints.insert(accessPoint)
      const { projectId: project, id } = accessPoint
      expect(await second().accessPoints.find(project, id)).toStrictEqual(accessPoint)
    })

    test('give back a key policy as it was stored', async () => {
      for (const stated of [{}, { lastAccessAt: SOME_TIME + 9 }]) {
        const policy = sampleKeyPolicy(stated)
        await first().keyPolicies.insert(policy)
        expect(await second().keyPolicies.find(policy.projectId, policy.id)).toStrictEqual(policy)
      }
    })

    describe.each([
      ['access points', ({ accessPoints }: Database) => accessPoints, sampleAccessPoint],
      ['key policies', ({ keyPolicies }: Database) => keyPolicies, sampleKeyPolicy],
    ] as const)('of %s', (_, storeOf, sample) => {
      // What is asked of both kinds is the same; the types only say what they have in common.
      function stores(database: Database): KeySpaceStore<AccessPoint> {
        return storeOf(database) as KeySpaceStore<AccessPoint>
      }
      const newItem = sample as typeof sampleAccessPoint

      test('keep projects apart', async () => {
        const item = newItem()
        await stores(first()).insert(item)
        const stranger = newProject()
        expect(await stores(second()).find(stranger, item.id)).toBeUndefined()
        expect(await stores(second()).remove(stranger, item.id)).toBe(false)
        const stolen = stores(second()).replace({ ...item, projectId: stranger })
        await expect(stolen).rejects.toBeInstanceOf(StaleRevision)
        const { keySpaceId } = item
        const list = { projectId: stranger, keySpaceId, after: undefined, limit: 9 }
        expect(await stores(second()).list(list)).toStrictEqual({ items: [], more: false })
        expect(await stores(first()).find(item.projectId, item.id)).toStrictEqual(item)
      })

      test('replace the revision that was read, for one of many writers', async () => {
        const item = newItem()
        await stores(first()).insert(item)
        const results = await Promise.allSettled(
          Array.from({ length: 6 }, (_nothing, index) =>
            stores(index % 2 ? first() : second()).replace({ ...item, name: `${index}` }),
          ),
        )
        const failed = results.filter((result) => result.status === 'rejected')
        expect(failed).toHaveLength(5)
        expect(failed.every(({ reason }) => reason instanceof StaleRevision)).toBe(true)
        const stored = await stores(first()).find(item.projectId, item.id)
        expect(stored).toStrictEqual({ ...item, name: stored?.name, revision: 2 })
        await expect(stores(first()).replace(newItem())).rejects.toBeInstanceOf(StaleRevision)
      })

      test('remove once', async () => {
        const item = newItem()
        await stores(first()).insert(item)
        expect(await stores(second()).remove(item.projectId, item.id)).toBe(true)
        expect(await stores(second()).remove(item.projectId, item.id)).toBe(false)
        expect(await stores(first()).find(item.projectId, item.id)).toBeUndefined()
      })

      test('list one key space by id, in pages that join', async () => {
        const project = newProject()
        const items = Array.from({ length: 5 }, () => newItem({ projectId: project }))
        for (const item of items) await stores(first()).insert(item)
        await stores(first()).insert(newItem({ projectId: project, keySpaceId: 'other' }))
        const seen: string[] = []
        for (let more = true; more;) {
          const request = {
            projectId: project,
            keySpaceId: 'default',
            after: seen.at(-1),
            limit: 2,
          }
          const page = await stores(second()).list(request)
          seen.push(...page.items.map(({ id }) => id))
          more = page.more
        }
        expect(seen).toStrictEqual(items.map(({ id }) => id).sort())
      })

      test('take no text that they could not give back, and find nothing by one', async () => {
        for (const text of ['nul\0', '\ud800']) {
          for (const field of ['name', 'description', 'createdBy', 'keySpaceId']) {
            const item = newItem({ [field]: text })
            const refused = stores(first()).insert(item)
            await expect(refused).rejects.toMatchObject({ code: 'KMS.0308' })
          }
          const item = newItem()
          await stores(first()).insert(item)
          const refused = stores(first()).replace({ ...item, name: text })
          await expect(refused).rejects.toMatchObject({ code: 'KMS.0308' })
          expect(await stores(first()).find(item.projectId, text)).toBeUndefined()
          expect(await stores(first()).find(projectId(text), item.id)).toBeUndefined()
          expect(await stores(first()).remove(item.projectId, text)).toBe(false)
          const list = { projectId: item.projectId, keySpaceId: text, after: text, limit: 2 }
          expect(await stores(first()).list(list)).toStrictEqual({ items: [], more: false })
        }
      })
    })
  })
}

function sampleObject() {
  return {
    id: randomUUID(),
    projectId: newProject(),
    keySpaceId: 'default',
    name: 'Größe 🔑',
    description: '',
    createdBy: 'operator',
    createdAt: SOME_TIME,
    modifiedAt: SOME_TIME + 1,
    revision: 1,
  }
}

function sampleAccessPoint(stated: Partial<AccessPoint> = {}): AccessPoint {
  return {
    ...sampleObject(),
    type: 1,
    identity: 'machine',
    clusterId: '',
    enabled: true,
    publicKey: undefined,
    sealedPrivateKey: undefined,
    ...stated,
  }
}

function sampleKeyPolicy(stated: Partial<KeyPolicy> = {}): KeyPolicy {
  return { ...sampleObject(), policy: '{"a":[1,null]}', lastAccessAt: undefined, ...stated }
}
