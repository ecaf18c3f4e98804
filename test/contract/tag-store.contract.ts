import { describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import { type ProjectId, newKeyId, projectId } from '../../src/core/ids.js'
import type { Tag } from '../../src/core/tag.js'
import { outcomes } from './store-outcomes.js'
import { insertCmk, newProject, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every tag store does, queries apart. */
export function tagStoreContract(kind: DatabaseKind): void {
  describe('tag store', () => {
    const { first, second } = twoReplicas(kind)

    async function newCmk(project: ProjectId = newProject()): Promise<Cmk> {
      const cmk = sampleCmk({ projectId: project })
      await insertCmk(first().keys, cmk)
      return cmk
    }

    function set(cmk: Cmk, tags: Readonly<Record<string, string>>, perKey = 20): Promise<void> {
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }))
      return first().tags.set({ projectId: cmk.projectId, keyId: cmk.id, tags: list, perKey })
    }

    async function tagsOf(cmk: Cmk): Promise<Readonly<Record<string, string>>> {
      const tags = await second().tags.ofKey(cmk.id)
      return Object.fromEntries(tags.map(({ key, value }: Tag) => [key, value]))
    }

    test('gives back tags by key, and the new value of a key that it had', async () => {
      const cmk = await newCmk()
      await set(cmk, { stage: 'test', Owner: '', 'größe 🔑': 'ß' })
      await set(cmk, { stage: 'live', owner: 'me' })
      expect(await second().tags.ofKey(cmk.id)).toStrictEqual([
        { key: 'Owner', value: '' },
        { key: 'größe 🔑', value: 'ß' },
        { key: 'owner', value: 'me' },
        { key: 'stage', value: 'live' },
      ])
      expect(await second().tags.ofKey(newKeyId())).toStrictEqual([])
    })

    test('sets all tags or none', async () => {
      const cmk = await newCmk()
      await set(cmk, { a: '1', b: '1' }, 3)
      await expect(set(cmk, { a: '2', c: '2', d: '2' }, 3)).rejects.toMatchObject({
        code: 'KMS.0409',
      })
      expect(await tagsOf(cmk)).toStrictEqual({ a: '1', b: '1' })
      await expect(set(cmk, { a: '3', x: 'nul\0' })).rejects.toMatchObject({ code: 'KMS.0308' })
      await expect(set(cmk, { a: '3', '\ud800': '' })).rejects.toMatchObject({ code: 'KMS.0308' })
      expect(await tagsOf(cmk)).toStrictEqual({ a: '1', b: '1' })
      await set(cmk, { a: '4', c: '4' }, 3)
      // A full key, or one that is over a limit that was lowered, may still change values.
      await set(cmk, { a: '5', b: '5' }, 1)
      expect(await tagsOf(cmk)).toStrictEqual({ a: '5', b: '5', c: '4' })
    })

    test('takes the last value of a key that is named twice', async () => {
      const cmk = await newCmk()
      const tags = ['1', '2', '3'].map((value) => ({ key: 'a', value }))
      await first().tags.set({ projectId: cmk.projectId, keyId: cmk.id, tags, perKey: 1 })
      expect(await tagsOf(cmk)).toStrictEqual({ a: '3' })
    })

    test('does not exceed the limit of a key when two replicas set tags at once', async () => {
      const cmk = await newCmk()
      const { projectId: project, id: keyId } = cmk
      const calls = Array.from({ length: 12 }, (_, index) =>
        (index % 2 ? first() : second()).tags.set({
          projectId: project,
          keyId,
          tags: [{ key: `key-${index}`, value: '' }],
          perKey: 5,
        }),
      )
      expect(await outcomes(calls)).toStrictEqual([
        ...Array<string>(5).fill('done'),
        ...Array<string>(7).fill('KMS.0409'),
      ])
      expect(Object.keys(await tagsOf(cmk))).toHaveLength(5)
    })

    test('touches no key of another project', async () => {
      const cmk = await newCmk()
      await set(cmk, { a: '1' })
      const stranger = { ...cmk, projectId: newProject() }
      await expect(set(stranger, { a: '2' })).rejects.toMatchObject({ code: 'KMS.0207' })
      const request = { projectId: stranger.projectId, keyId: cmk.id, keys: ['a'] }
      expect(await second().tags.remove(request)).toBe(0)
      expect(await tagsOf(cmk)).toStrictEqual({ a: '1' })
    })

    test('removes the tags that are there, and says how many they were', async () => {
      const cmk = await newCmk()
      await set(cmk, { a: '1', b: '2', c: '3' })
      const request = { projectId: cmk.projectId, keyId: cmk.id }
      expect(await second().tags.remove({ ...request, keys: ['a', 'x', 'c', 'a', 'nul\0'] })).toBe(
        2,
      )
      expect(await second().tags.remove({ ...request, keys: ['a'] })).toBe(0)
      expect(await second().tags.remove({ ...request, keys: [] })).toBe(0)
      expect(await tagsOf(cmk)).toStrictEqual({ b: '2' })
    })

    test('knows the tags in use in a project, each once, in order', async () => {
      const project = newProject()
      const [one, two] = [await newCmk(project), await newCmk(project)]
      await set(await newCmk(), { stage: 'elsewhere' })
      await set(one, { stage: 'test', owner: 'B' })
      await set(two, { stage: 'live', owner: 'B', Zone: '' })
      expect(await second().tags.ofProject(project)).toStrictEqual([
        { key: 'Zone', values: [''] },
        { key: 'owner', values: ['B'] },
        { key: 'stage', values: ['live', 'test'] },
      ])
      await set(one, { stage: 'live' })
      await second().tags.remove({ projectId: project, keyId: two.id, keys: ['Zone', 'owner'] })
      expect(await second().tags.ofProject(project)).toStrictEqual([
        { key: 'owner', values: ['B'] },
        { key: 'stage', values: ['live'] },
      ])
      expect(await second().tags.ofProject(projectId('nul\0'))).toStrictEqual([])
    })
  })
}
