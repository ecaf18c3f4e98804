import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import { projectId } from '../../src/core/ids.js'
import type { TagFilter } from '../../src/core/tag.js'
import { SOME_TIME, insertCmk, newProject, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** Name, tags and place in time of every key of the project that is asked. */
const KEYS: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ['plain', {}, 3],
  ['App-One', { stage: 'live', owner: 'a' }, 2],
  ['app-two', { stage: 'live', owner: 'b' }, 1],
  ['app_three%', { stage: 'test', owner: 'a', zone: '' }, 2],
  ['APP', { stage: 'Live' }, 1],
  ['größe 🔑', { owner: 'b', zone: 'north' }, 2],
]

type Question = readonly [string, Partial<TagFilter>, readonly string[]]

const QUESTIONS: readonly Question[] = [
  ['everything', {}, ['app-two', 'APP', 'App-One', 'app_three%', 'größe 🔑', 'plain']],
  ['one value of a key', asks({ stage: ['live'] }), ['app-two', 'App-One']],
  ['any value of a key', asks({ zone: [] }), ['app_three%', 'größe 🔑']],
  ['one of several values', asks({ stage: ['test', 'Live', 'x'] }), ['APP', 'app_three%']],
  ['a value that is empty', asks({ zone: [''] }), ['app_three%']],
  ['two keys together', asks({ stage: ['live', 'test'], owner: ['a'] }), ['App-One', 'app_three%']],
  ['a key with any value, and another', asks({ zone: [], owner: ['b'] }), ['größe 🔑']],
  ['a key that nobody has', asks({ nobody: [] }), []],
  ['a value that nobody has', asks({ stage: ['none'] }), []],
  ['a value that nobody can have', asks({ stage: ['nul\0', '\ud800'] }), []],
  ['it beside one that some have', asks({ stage: ['nul\0', 'live'] }), ['app-two', 'App-One']],
  ['a key that nobody can have', asks({ 'nul\0': [] }), []],
  ['part of a name, letter by letter', { nameContains: 'app' }, ['app-two', 'app_three%']],
  ['part of a name that means more in SQL', { nameContains: '_' }, ['app_three%']],
  ['the same of the other sign', { nameContains: '%' }, ['app_three%']],
  ['part of a name outside ASCII', { nameContains: 'ße 🔑' }, ['größe 🔑']],
  ['a name that nobody can have', { nameContains: 'nul\0' }, []],
  [
    'an empty part of a name',
    { ...asks({ stage: ['live'] }), nameContains: '' },
    ['app-two', 'App-One'],
  ],
  ['tag and name', { ...asks({ owner: ['a'] }), nameContains: 'A' }, ['App-One']],
  [
    'a key twice, with values that no tag has at once',
    { tags: [wanted('stage', ['live']), wanted('stage', ['test'])] },
    [],
  ],
]

/** How every tag store finds CMKs. */
export function tagQueryContract(kind: DatabaseKind): void {
  describe('query of the tag store', () => {
    const { first, second } = twoReplicas(kind)
    const project = newProject()
    const cmks = KEYS.map(([alias, , place]) =>
      sampleCmk({ alias, projectId: project, createdAt: SOME_TIME + place }),
    )

    beforeAll(async () => {
      for (const [index, cmk] of cmks.entries()) {
        for (const one of [cmk, sampleCmk({ alias: cmk.alias })]) {
          await insertCmk(first().keys, one)
          const tags = tagsAt(index)
          const request = { projectId: one.projectId, keyId: one.id, tags, perKey: 20 }
          await first().tags.set(request)
        }
      }
    })

    test.each(QUESTIONS)('finds by %s', async (_, asked, names) => {
      const filter = { tags: [], nameContains: undefined, ...asked }
      const expected = inOrder(cmks.filter(({ alias }) => names.includes(alias)))
      const all = await second().tags.query({ projectId: project, filter, page: ALL })
      expect(all).toStrictEqual({ hits: expected.map(hitOf), total: names.length })
      expect(await second().tags.count({ projectId: project, filter })).toBe(names.length)
      const page = { offset: 1, limit: 1 }
      const slice = await second().tags.query({ projectId: project, filter, page })
      expect(slice).toStrictEqual({ hits: expected.slice(1, 2).map(hitOf), total: names.length })
    })

    test('finds nothing in a project that has no keys', async () => {
      for (const other of [newProject(), projectId('nul\0')]) {
        const filter = asks({ stage: [] })
        const found = await second().tags.query({ projectId: other, filter, page: ALL })
        expect(found).toStrictEqual({ hits: [], total: 0 })
        expect(await second().tags.count({ projectId: other, filter })).toBe(0)
      }
    })

    function hitOf(cmk: Cmk) {
      return { cmk, tags: tagsAt(cmks.indexOf(cmk)) }
    }
  })
}

const ALL = { offset: 0, limit: 1000 }

function tagsAt(index: number) {
  return Object.entries(KEYS[index]?.[1] ?? {})
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

function inOrder(cmks: readonly Cmk[]): readonly Cmk[] {
  return cmks.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
}

function asks(tags: Readonly<Record<string, readonly string[]>>): TagFilter {
  return {
    tags: Object.entries(tags).map(([key, values]) => wanted(key, values)),
    nameContains: undefined,
  }
}

function wanted(key: string, values: readonly string[]): TagFilter['tags'][number] {
  return { key, values }
}
