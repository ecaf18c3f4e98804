import { describe, expect, test } from '@jest/globals'
import { KmsError } from '../../src/core/errors.js'
import { newKeyId, projectId } from '../../src/core/ids.js'
import { StaleRevision } from '../../src/core/key-store.js'
import { disable } from '../../src/core/life-cycle.js'
import { SOME_TIME, insertCmk, newProject, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every key store does. */
export function keyStoreContract(kind: DatabaseKind): void {
  describe('key store', () => {
    const { first, second } = twoReplicas(kind)

    test('gives back every field as it was stored, also over another connection', async () => {
      const cmk = sampleCmk({
        state: '5',
        origin: 'external',
        usage: 'SIGN_VERIFY',
        spec: 'EC_P384',
        enterpriseProjectId: 'c0ffee',
        currentVersion: 4_294_967_296,
        deletionAt: SOME_TIME + 1,
        rotation: {
          enabled: true,
          intervalDays: 30,
          lastAt: SOME_TIME - 1,
          nextAt: SOME_TIME + 2,
          count: 3,
        },
        materialExpiresAt: SOME_TIME + 3,
        revision: 5_000_000_000,
      })
      await insertCmk(first().keys, cmk)
      expect(await first().keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
      expect(await second().keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
      expect(await second().keys.findAnywhere(cmk.id)).toStrictEqual(cmk)
      expect(await second().keys.findByAlias(cmk.projectId, cmk.alias)).toStrictEqual(cmk)
    })

    test('finds nothing under another project, id or alias', async () => {
      const cmk = sampleCmk()
      await insertCmk(first().keys, cmk)
      expect(await first().keys.find(newProject(), cmk.id)).toBeUndefined()
      expect(await first().keys.find(cmk.projectId, newKeyId())).toBeUndefined()
      expect(await first().keys.findAnywhere(newKeyId())).toBeUndefined()
      expect(await first().keys.findByAlias(newProject(), cmk.alias)).toBeUndefined()
      expect(await first().keys.findByAlias(cmk.projectId, cmk.alias.toUpperCase())).toBeUndefined()
    })

    test('refuses an alias twice in a project, and stores nothing of the second key', async () => {
      const cmk = sampleCmk()
      await insertCmk(first().keys, cmk)
      const twin = sampleCmk({ projectId: cmk.projectId, alias: cmk.alias })
      await expect(insertCmk(second().keys, twin)).rejects.toMatchObject({ code: 'KMS.1104' })
      expect(await first().keys.find(twin.projectId, twin.id)).toBeUndefined()
      expect(await first().keys.countByProject(cmk.projectId)).toBe(1)
      const versions = await first().keys.allVersions()
      expect(versions.some(({ key }) => key.keyId === twin.id)).toBe(false)
      await insertCmk(first().keys, sampleCmk({ alias: cmk.alias }))
    })

    test('gives an alias to one of many that ask at once', async () => {
      const project = newProject()
      const cmks = Array.from({ length: 8 }, () => sampleCmk({ projectId: project, alias: 'same' }))
      const outcomes = await Promise.allSettled(
        cmks.map((cmk, index) => insertCmk((index % 2 ? first() : second()).keys, cmk)),
      )
      expect(codes(outcomes)).toStrictEqual(['stored', ...Array<string>(7).fill('KMS.1104')])
      expect(await first().keys.countByProject(project)).toBe(1)
    })

    test('refuses a key over the quota of the project, counting that project alone', async () => {
      const project = newProject()
      await insertCmk(first().keys, sampleCmk({ projectId: project }), 2)
      await insertCmk(first().keys, sampleCmk({ projectId: project }), 2)
      const third = sampleCmk({ projectId: project })
      await expect(insertCmk(first().keys, third, 2)).rejects.toMatchObject({ code: 'KMS.1105' })
      await expect(insertCmk(first().keys, sampleCmk(), 0)).rejects.toMatchObject({
        code: 'KMS.1105',
      })
      await insertCmk(first().keys, sampleCmk(), 1)
      await insertCmk(first().keys, third, 3)
      expect(await first().keys.countByProject(project)).toBe(3)
    })

    test('does not exceed the quota when two replicas insert at once', async () => {
      const project = newProject()
      const outcomes = await Promise.allSettled(
        Array.from({ length: 24 }, (_, index) =>
          insertCmk((index % 2 ? first() : second()).keys, sampleCmk({ projectId: project }), 7),
        ),
      )
      expect(codes(outcomes)).toStrictEqual([
        ...Array<string>(7).fill('stored'),
        ...Array<string>(17).fill('KMS.1105'),
      ])
      const { total } = await first().keys.list({ projectId: project, ...everything })
      expect([total, await first().keys.countByProject(project)]).toStrictEqual([7, 7])
    })

    test('replaces a row and raises its revision', async () => {
      const cmk = sampleCmk()
      await insertCmk(first().keys, cmk)
      const changed = { ...disable(cmk), alias: 'new', description: '', currentVersion: 2 }
      await first().keys.replace(changed)
      const stored = await second().keys.find(cmk.projectId, cmk.id)
      expect(stored).toStrictEqual({ ...changed, revision: cmk.revision + 1 })
    })

    test('lets one of many writers of one revision through', async () => {
      const cmk = sampleCmk()
      await insertCmk(first().keys, cmk)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? first() : second()).keys.replace({ ...cmk, description: `${index}` }),
        ),
      )
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect(failed).toHaveLength(7)
      expect(failed.every(({ reason }) => reason instanceof StaleRevision)).toBe(true)
      expect((await first().keys.find(cmk.projectId, cmk.id))?.revision).toBe(2)
    })

    test('refuses to replace a row that is not there, or not of that project', async () => {
      const cmk = sampleCmk()
      await expect(first().keys.replace(cmk)).rejects.toBeInstanceOf(StaleRevision)
      await insertCmk(first().keys, cmk)
      const moved = { ...cmk, projectId: newProject() }
      await expect(first().keys.replace(moved)).rejects.toBeInstanceOf(StaleRevision)
      expect(await first().keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
    })

    test('refuses to replace an alias by one that is taken', async () => {
      const cmk = sampleCmk()
      const other = sampleCmk({ projectId: cmk.projectId })
      await insertCmk(first().keys, cmk)
      await insertCmk(first().keys, other)
      const renamed = { ...cmk, alias: other.alias }
      await expect(first().keys.replace(renamed)).rejects.toMatchObject({ code: 'KMS.1104' })
      expect(await first().keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
    })

    test('takes no text that it could not give back, and finds nothing by one', async () => {
      for (const text of ['nul\0nul', 'lone \ud800 surrogate']) {
        const cmk = sampleCmk({ description: text })
        await expect(insertCmk(first().keys, cmk)).rejects.toMatchObject({ code: 'KMS.0308' })
        const stored = sampleCmk()
        await insertCmk(first().keys, stored)
        const changed = { ...stored, alias: text }
        await expect(first().keys.replace(changed)).rejects.toMatchObject({ code: 'KMS.0308' })
        expect(await first().keys.find(projectId(text), stored.id)).toBeUndefined()
        expect(await first().keys.findByAlias(stored.projectId, text)).toBeUndefined()
        expect(await first().keys.countByProject(projectId(text))).toBe(0)
        const list = first().keys.list({
          projectId: stored.projectId,
          filter: { enterpriseProjectId: text },
          page: { offset: 0, limit: 10 },
        })
        expect(await list).toStrictEqual({ cmks: [], total: 0 })
      }
    })

    test('takes every text for a text, whatever it means in SQL', async () => {
      const text = `'; drop table cmk; -- " \\ % _ $1 ? :a`
      const cmk = sampleCmk({ alias: text, description: text, projectId: projectId(text) })
      await insertCmk(first().keys, cmk)
      expect(await first().keys.findByAlias(cmk.projectId, text)).toStrictEqual(cmk)
      expect(await first().keys.findByAlias(cmk.projectId, '%')).toBeUndefined()
    })
  })
}

const everything = { filter: {}, page: { offset: 0, limit: 1000 } }

/** What became of insertions: `stored` or the error code, sorted with the stored ones first. */
function codes(outcomes: readonly PromiseSettledResult<void>[]): string[] {
  const names = outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return 'stored'
    return outcome.reason instanceof KmsError ? outcome.reason.code : String(outcome.reason)
  })
  return names.sort((a, b) => Number(b === 'stored') - Number(a === 'stored') || (a < b ? -1 : 1))
}
