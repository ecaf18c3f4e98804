import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import type { CmkFilter, Page } from '../../src/core/key-store.js'
import { SOME_TIME, insertCmk, newProject, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

const STATES = ['2', '3', '2', '4', '2', '3', '2'] as const
const SPECS = [
  'AES_256',
  'AES_256',
  'EC_P256',
  'EC_P256',
  'AES_256',
  'HMAC_256',
  'AES_256',
] as const

/** How every key store lists. */
export function keyStoreListContract(kind: DatabaseKind): void {
  describe('list of the key store', () => {
    const { first, second } = twoReplicas(kind)
    const project = newProject()
    // Three times of creation for seven keys: the id decides between equals.
    const cmks = STATES.map((state, index) =>
      sampleCmk({
        projectId: project,
        state,
        spec: SPECS[index] ?? 'AES_256',
        enterpriseProjectId: index < 5 ? '0' : 'other',
        createdAt: SOME_TIME - (index % 3),
      }),
    )
    const inOrder = cmks.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))

    beforeAll(async () => {
      for (const cmk of cmks) await insertCmk(first().keys, cmk)
      await insertCmk(first().keys, sampleCmk())
    })

    function list(page: Page, filter: CmkFilter = {}) {
      return second().keys.list({ projectId: project, filter, page })
    }

    test('is in order of creation, then of id, and of one project', async () => {
      expect(await list({ offset: 0, limit: 100 })).toStrictEqual({ cmks: inOrder, total: 7 })
    })

    test('comes in pages that join without gap or overlap', async () => {
      const pages: Cmk[] = []
      for (let offset = 0; offset < 9; offset += 2) {
        const page = await list({ offset, limit: 2 })
        expect(page.total).toBe(7)
        pages.push(...page.cmks)
      }
      expect(pages).toStrictEqual(inOrder)
    })

    test('knows the total behind its end and of an empty page', async () => {
      expect(await list({ offset: 7, limit: 10 })).toStrictEqual({ cmks: [], total: 7 })
      expect(await list({ offset: 0, limit: 0 })).toStrictEqual({ cmks: [], total: 7 })
      const none = first().keys.list({
        projectId: newProject(),
        filter: {},
        page: { offset: 0, limit: 10 },
      })
      expect(await none).toStrictEqual({ cmks: [], total: 0 })
    })

    test.each<[string, CmkFilter, (cmk: Cmk) => boolean]>([
      ['state', { state: '3' }, (cmk) => cmk.state === '3'],
      ['spec', { spec: 'EC_P256' }, (cmk) => cmk.spec === 'EC_P256'],
      [
        'enterprise project',
        { enterpriseProjectId: 'other' },
        (cmk) => cmk.enterpriseProjectId === 'other',
      ],
      [
        'all of them together',
        { state: '2', spec: 'AES_256', enterpriseProjectId: '0' },
        (cmk) => cmk.state === '2' && cmk.spec === 'AES_256' && cmk.enterpriseProjectId === '0',
      ],
      ['nothing at all', { state: '1' }, () => false],
    ])('filters by %s', async (_, filter, matches) => {
      const matching = inOrder.filter(matches)
      const page = { offset: 1, limit: 1 }
      expect(await list({ offset: 0, limit: 100 }, filter)).toStrictEqual({
        cmks: matching,
        total: matching.length,
      })
      expect(await list(page, filter)).toStrictEqual({
        cmks: matching.slice(1, 2),
        total: matching.length,
      })
    })

    test('counts in the snapshot that it lists, while another connection inserts', async () => {
      const busy = newProject()
      const inserting = Promise.all(
        Array.from({ length: 20 }, () =>
          insertCmk(first().keys, sampleCmk({ projectId: busy }), 20),
        ),
      )
      for (let round = 0; round < 20; round += 1) {
        const page = { offset: 0, limit: 100 }
        const { cmks, total } = await second().keys.list({ projectId: busy, filter: {}, page })
        expect(cmks).toHaveLength(total)
      }
      await inserting
    })
  })
}
