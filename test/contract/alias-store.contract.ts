import { describe, expect, test } from '@jest/globals'
import type { Alias } from '../../src/core/alias.js'
import type { Cmk } from '../../src/core/cmk.js'
import { projectId } from '../../src/core/ids.js'
import { insertCmk, newProject, sampleAlias, sampleCmk } from './store-samples.js'
import { outcomes } from './store-outcomes.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every alias store does. */
export function aliasStoreContract(kind: DatabaseKind): void {
  describe('alias store', () => {
    const { first, second } = twoReplicas(kind)

    async function newCmk(stated: Partial<Cmk> = {}): Promise<Cmk> {
      const cmk = sampleCmk(stated)
      await insertCmk(first().keys, cmk)
      return cmk
    }

    async function add(cmk: Cmk, stated: Partial<Alias> = {}): Promise<Alias> {
      const alias = sampleAlias(cmk, stated)
      await first().aliases.insert({ alias, perKey: 50 })
      return alias
    }

    async function names(cmk: Cmk): Promise<readonly string[]> {
      const request = { projectId: cmk.projectId, keyId: cmk.id, after: undefined, limit: 100 }
      const { aliases } = await second().aliases.list(request)
      return aliases.map(({ name }) => name)
    }

    test('gives back every field, in its own project only', async () => {
      const cmk = await newCmk()
      const alias = await add(cmk, { updatedAt: 5, name: 'alias/Größe_1' })
      expect(await second().aliases.find(cmk.projectId, alias.name)).toStrictEqual(alias)
      expect(await second().aliases.find(newProject(), alias.name)).toBeUndefined()
      expect(await second().aliases.find(cmk.projectId, 'alias/größe_1')).toBeUndefined()
      for (const text of ['nul\0', '\ud800']) {
        expect(await second().aliases.find(cmk.projectId, text)).toBeUndefined()
        expect(await second().aliases.find(projectId(text), alias.name)).toBeUndefined()
        const refused = add(cmk, { name: text })
        await expect(refused).rejects.toMatchObject({ code: 'KMS.0308' })
      }
    })

    test('has a name once in an account, also across its projects, and in every account', async () => {
      const cmk = await newCmk()
      const { name } = await add(cmk)
      const sibling = await newCmk({ domainId: cmk.domainId })
      await expect(add(cmk, { name })).rejects.toMatchObject({ code: 'KMS.1104' })
      await expect(add(sibling, { name })).rejects.toMatchObject({ code: 'KMS.1104' })
      expect(await second().aliases.find(sibling.projectId, name)).toBeUndefined()
      const stranger = await newCmk()
      await add(stranger, { name })
      expect(await second().aliases.find(stranger.projectId, name)).toMatchObject({
        keyId: stranger.id,
      })
    })

    test('gives a name to one of many that ask at once, and a key no more than its number', async () => {
      const cmk = await newCmk()
      const alike = Array.from({ length: 6 }, (_, index) =>
        (index % 2 ? first() : second()).aliases.insert({
          alias: sampleAlias(cmk, { name: 'alias/same' }),
          perKey: 50,
        }),
      )
      expect(await outcomes(alike)).toStrictEqual(['done', ...Array<string>(5).fill('KMS.1104')])
      const crowd = Array.from({ length: 9 }, (_, index) =>
        (index % 2 ? first() : second()).aliases.insert({ alias: sampleAlias(cmk), perKey: 4 }),
      )
      expect(await outcomes(crowd)).toStrictEqual([
        ...Array<string>(3).fill('done'),
        ...Array<string>(6).fill('KMS.0308'),
      ])
      expect(await names(cmk)).toHaveLength(4)
    })

    test('is for keys of the project that it names only', async () => {
      const cmk = await newCmk()
      const stray = add(cmk, { projectId: newProject() })
      await expect(stray).rejects.toMatchObject({ code: 'KMS.0207' })
      const unknown = add(sampleCmk({ projectId: cmk.projectId }))
      await expect(unknown).rejects.toMatchObject({ code: 'KMS.0207' })
    })

    test('moves an alias to another key with room for it', async () => {
      const from = await newCmk()
      const to = await newCmk({ projectId: from.projectId, domainId: from.domainId })
      const alias = await add(from)
      const request = { projectId: from.projectId, name: alias.name, to: to.id, at: 9 }
      const moved = { ...alias, keyId: to.id, updatedAt: 9 }
      expect(await second().aliases.move({ ...request, perKey: 1 })).toStrictEqual(moved)
      expect(await first().aliases.find(from.projectId, alias.name)).toStrictEqual(moved)
      expect([await names(from), await names(to)]).toStrictEqual([[], [alias.name]])
      // To where it is: nothing is counted twice.
      expect(await second().aliases.move({ ...request, perKey: 1 })).toStrictEqual(moved)
      const another = await add(from)
      const full = second().aliases.move({ ...request, name: another.name, perKey: 1 })
      await expect(full).rejects.toMatchObject({ code: 'KMS.0308' })
      expect(await names(from)).toStrictEqual([another.name])
      // The place that it left is free again.
      await first().aliases.insert({ alias: sampleAlias(from), perKey: 2 })
    })

    test('moves nothing that is not there, not of the project, or to a key of another project', async () => {
      const [cmk, other] = [await newCmk(), await newCmk()]
      const { name } = await add(cmk)
      const request = { projectId: cmk.projectId, name, to: cmk.id, at: 9, perKey: 50 }
      for (const wrong of [
        { name: 'alias/none' },
        { name: 'nul\0' },
        { projectId: other.projectId },
      ]) {
        expect(await second().aliases.move({ ...request, ...wrong })).toBeUndefined()
      }
      const abroad = second().aliases.move({ ...request, to: other.id })
      await expect(abroad).rejects.toMatchObject({ code: 'KMS.0207' })
      expect(await names(cmk)).toStrictEqual([name])
    })

    test('removes all of the names or none, and says which the key does not have', async () => {
      const cmk = await newCmk()
      const sibling = await newCmk({ projectId: cmk.projectId, domainId: cmk.domainId })
      const [one, two, three] = [await add(cmk), await add(cmk), await add(cmk)]
      const other = await add(sibling)
      const request = { projectId: cmk.projectId, keyId: cmk.id }
      const missing = ['alias/none', other.name, 'nul\0']
      const refused = { ...request, names: [one.name, ...missing, two.name] }
      const reported = await second().aliases.remove(refused)
      expect(new Set(reported)).toStrictEqual(new Set(missing))
      expect(await names(cmk)).toHaveLength(3)
      const twice = { ...request, names: [one.name, two.name, one.name] }
      expect(await second().aliases.remove(twice)).toStrictEqual([])
      expect(await names(cmk)).toStrictEqual([three.name])
      expect(await second().aliases.remove({ ...request, names: [] })).toStrictEqual([])
      expect(await names(sibling)).toStrictEqual([other.name])
      // One of 50 places is taken, not 49.
      await first().aliases.insert({ alias: sampleAlias(cmk), perKey: 2 })
    })

    test('lists by name, from the one after, of one key or of the project', async () => {
      const cmk = await newCmk()
      const sibling = await newCmk({ projectId: cmk.projectId, domainId: cmk.domainId })
      await add(await newCmk(), { name: 'alias/a0' })
      for (const letter of ['b', 'a', 'B', '_', 'é']) await add(cmk, { name: `alias/${letter}` })
      await add(sibling, { name: 'alias/aa' })
      const inOrder = ['B', '_', 'a', 'aa', 'b', 'é'].map((letter) => `alias/${letter}`)
      const seen: string[] = []
      let after: string | undefined
      for (let more = true; more;) {
        const request = { projectId: cmk.projectId, keyId: undefined, after, limit: 2 }
        const page = await second().aliases.list(request)
        seen.push(...page.aliases.map(({ name }) => name))
        more = page.more
        after = seen.at(-1)
      }
      expect(seen).toStrictEqual(inOrder)
      expect(await names(cmk)).toStrictEqual(inOrder.filter((name) => name !== 'alias/aa'))
      const nothing = { projectId: cmk.projectId, keyId: undefined, after: 'nul\0', limit: 2 }
      expect(await second().aliases.list(nothing)).toStrictEqual({ aliases: [], more: false })
    })
  })
}
