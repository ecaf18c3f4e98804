import { describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import { GRANT_OPERATIONS, type Grant } from '../../src/core/grant.js'
import { newKeyId, projectId } from '../../src/core/ids.js'
import { outcomes } from './store-outcomes.js'
import { SOME_TIME, insertCmk, newProject, sampleCmk, sampleGrant } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every grant store does. */
export function grantStoreContract(kind: DatabaseKind): void {
  describe('grant store', () => {
    const { first, second } = twoReplicas(kind)

    async function newCmk(stated: Partial<Cmk> = {}): Promise<Cmk> {
      const cmk = sampleCmk(stated)
      await insertCmk(first().keys, cmk)
      return cmk
    }

    async function add(cmk: Cmk, stated: Partial<Grant> = {}, perKey = 100): Promise<Grant> {
      const grant = sampleGrant(cmk, stated)
      await first().grants.insert({ grant, perKey })
      return grant
    }

    test('gives back every field as it was stored', async () => {
      const cmk = await newCmk()
      const full = await add(cmk, {
        granteePrincipalType: 'domain',
        operations: GRANT_OPERATIONS.toReversed(),
        retiringPrincipal: 'Jürgen, 🔑',
        name: 'a "name", or so',
      })
      const none = await add(cmk, { operations: [] })
      expect(await second().grants.find(full.id)).toStrictEqual(full)
      expect(await second().grants.find(none.id)).toStrictEqual(none)
      for (const id of ['none', '', 'nul\0', '\ud800']) {
        expect(await second().grants.find(id)).toBeUndefined()
        expect(await second().grants.remove(id)).toBe(false)
      }
    })

    test('takes no text that it could not give back, and finds nothing by one', async () => {
      const cmk = await newCmk()
      for (const text of ['nul\0', '\ud800']) {
        for (const field of ['granteePrincipal', 'issuingPrincipal', 'retiringPrincipal', 'name']) {
          await expect(add(cmk, { [field]: text })).rejects.toMatchObject({ code: 'KMS.0308' })
        }
        const by = { keyId: cmk.id, userId: text, domainId: cmk.domainId }
        expect(await second().grants.listForGrantee(by)).toStrictEqual([])
        const retirable = await second().grants.listRetirable({ principal: text, page: ALL })
        expect(retirable).toStrictEqual({ grants: [], total: 0 })
        expect(await second().grants.highestCount(projectId(text))).toBe(0)
      }
    })

    test('does not exceed the limit of a key when two replicas give grants at once', async () => {
      const cmk = await newCmk()
      const calls = Array.from({ length: 15 }, (_, index) =>
        (index % 2 ? first() : second()).grants.insert({ grant: sampleGrant(cmk), perKey: 6 }),
      )
      expect(await outcomes(calls)).toStrictEqual([
        ...Array<string>(6).fill('done'),
        ...Array<string>(9).fill('KMS.2404'),
      ])
      const { grants, total } = await first().grants.listByKey({ keyId: cmk.id, page: ALL })
      expect([grants.length, total]).toStrictEqual([6, 6])
    })

    test('frees a place when a grant is removed, by one of those who remove it at once', async () => {
      const cmk = await newCmk()
      const grant = await add(cmk, {}, 1)
      const removed = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          (index % 2 ? first() : second()).grants.remove(grant.id),
        ),
      )
      expect(removed.filter(Boolean)).toHaveLength(1)
      expect(await first().grants.find(grant.id)).toBeUndefined()
      await add(cmk, {}, 1)
      expect(await first().grants.highestCount(cmk.projectId)).toBe(1)
    })

    test('is for keys of the project that it names only', async () => {
      const cmk = await newCmk()
      const stray = add(cmk, { projectId: newProject() })
      await expect(stray).rejects.toMatchObject({ code: 'KMS.0207' })
      await expect(add(sampleCmk())).rejects.toMatchObject({ code: 'KMS.0207' })
    })

    test('lists the grants of a key by creation, then id, in pages that join', async () => {
      const [cmk, other] = [await newCmk(), await newCmk()]
      const grants: Grant[] = []
      for (let index = 0; index < 7; index += 1) {
        grants.push(await add(cmk, { createdAt: SOME_TIME - (index % 3) }))
      }
      await add(other)
      const seen: Grant[] = []
      for (let offset = 0; offset < 8; offset += 3) {
        const page = { offset, limit: 3 }
        const slice = await second().grants.listByKey({ keyId: cmk.id, page })
        expect(slice.total).toBe(7)
        seen.push(...slice.grants)
      }
      expect(seen).toStrictEqual(inOrder(grants))
      const nothing = second().grants.listByKey({ keyId: newKeyId(), page: ALL })
      expect(await nothing).toStrictEqual({ grants: [], total: 0 })
    })

    test('lists the grants that a user may retire, whatever the key', async () => {
      const principal = `user-${newKeyId()}`
      const [cmk, other] = [await newCmk(), await newCmk()]
      const grants = [
        await add(cmk, { retiringPrincipal: principal, createdAt: SOME_TIME + 1 }),
        await add(other, { retiringPrincipal: principal }),
        await add(cmk, { retiringPrincipal: principal }),
      ]
      await add(cmk, { retiringPrincipal: `${principal}x` })
      await add(cmk, { granteePrincipal: principal })
      const all = await second().grants.listRetirable({ principal, page: ALL })
      expect(all).toStrictEqual({ grants: inOrder(grants), total: 3 })
      const page = { offset: 1, limit: 1 }
      const slice = await second().grants.listRetirable({ principal, page })
      expect(slice).toStrictEqual({ grants: inOrder(grants).slice(1, 2), total: 3 })
      for (const [index, grant] of grants.entries()) {
        expect(await first().grants.remove(grant.id)).toBe(true)
        const rest = await second().grants.listRetirable({ principal, page: ALL })
        expect(rest.total).toBe(grants.length - index - 1)
      }
    })

    test('lists the grants of a user and of the account of that user, not of their namesakes', async () => {
      const cmk = await newCmk()
      const { domainId } = cmk
      const own = [
        await add(cmk, { granteePrincipal: 'ann' }),
        await add(cmk, { granteePrincipal: domainId, granteePrincipalType: 'domain' }),
      ]
      await add(cmk, { granteePrincipal: 'ann', granteePrincipalType: 'domain' })
      await add(cmk, { granteePrincipal: domainId })
      await add(cmk, { granteePrincipal: 'Ann' })
      await add(await newCmk(), { granteePrincipal: 'ann' })
      const held = { keyId: cmk.id, userId: 'ann', domainId }
      expect(await second().grants.listForGrantee(held)).toStrictEqual(inOrder(own))
      const stranger = { keyId: cmk.id, userId: 'bob', domainId: 'elsewhere' }
      expect(await second().grants.listForGrantee(stranger)).toStrictEqual([])
    })

    test('knows the highest number of grants on one key of a project', async () => {
      const cmk = await newCmk()
      const sibling = await newCmk({ projectId: cmk.projectId })
      expect(await first().grants.highestCount(newProject())).toBe(0)
      expect(await first().grants.highestCount(cmk.projectId)).toBe(0)
      for (const one of [cmk, sibling, sibling, sibling]) await add(one)
      expect(await second().grants.highestCount(cmk.projectId)).toBe(3)
      await first().keys.replace({ ...sibling, destroyedAt: SOME_TIME })
      expect(await second().grants.highestCount(cmk.projectId)).toBe(1)
    })
  })
}

const ALL = { offset: 0, limit: 1000 }

function inOrder(grants: readonly Grant[]): readonly Grant[] {
  return grants.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
}
