import { describe, expect, test } from '@jest/globals'
import type { Grant } from '../../src/core/grant.js'
import { NameTaken, OwnerMissing, StillInUse } from '../../src/core/identity.js'
import { newTenantId, projectId } from '../../src/core/ids.js'
import { StaleRevision } from '../../src/core/key-store.js'
import { newAccount, newProject, newUser } from '../../src/core/new-identity.js'
import { outcomes } from './store-outcomes.js'
import { SOME_TIME, insertCmk, sampleAccessKey, sampleCmk, sampleGrant } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store of accounts, projects and users does. */
export function identityStoreContract(kind: DatabaseKind): void {
  describe('identity store', () => {
    const { first, second } = twoReplicas(kind)

    async function addAccount(name = newTenantId()) {
      const account = newAccount({ name }, SOME_TIME)
      await first().identities.insertAccount(account)
      return account
    }

    async function addTenant() {
      const account = await addAccount()
      const domainId = account.id
      const project = newProject({ name: 'eu-west-101', domainId }, SOME_TIME)
      const user = newUser({ name: 'Jürgen 🔑', domainId }, SOME_TIME)
      await first().identities.insertProject(project)
      await first().identities.insertUser(user)
      return { account, project, user }
    }

    test('gives back every field, by id and by name', async () => {
      const { account, project, user } = await addTenant()
      const { identities } = second()
      expect(await identities.findAccount(account.id)).toStrictEqual(account)
      expect(await identities.findAccountByName(account.name)).toStrictEqual(account)
      expect(await identities.findProject(project.id)).toStrictEqual(project)
      expect(await identities.findProjectByName(account.id, project.name)).toStrictEqual(project)
      expect(await identities.findUser(user.id)).toStrictEqual(user)
      expect(await identities.findUserByName(account.id, user.name)).toStrictEqual(user)
    })

    test('finds nothing by what no row can have', async () => {
      const { identities } = first()
      for (const text of ['nobody', '', 'nul\0', '\ud800']) {
        expect(await identities.findAccount(text)).toBeUndefined()
        expect(await identities.findAccountByName(text)).toBeUndefined()
        expect(await identities.findProject(projectId(text))).toBeUndefined()
        expect(await identities.findProjectByName(text, text)).toBeUndefined()
        expect(await identities.findUser(text)).toBeUndefined()
        expect(await identities.findUserByName(text, text)).toBeUndefined()
        expect(await identities.listProjects(text)).toStrictEqual([])
        expect(await identities.listUsers(text)).toStrictEqual([])
        expect(await identities.removeAccount(text)).toBe(false)
        expect(await identities.removeProject(projectId(text))).toBe(false)
        expect(await identities.removeUser(text)).toBe(false)
      }
    })

    test('takes a name once: of accounts in all, of projects and users in an account', async () => {
      const { account, project, user } = await addTenant()
      const { identities } = second()
      const twin = newAccount({ name: account.name }, SOME_TIME)
      await expect(identities.insertAccount(twin)).rejects.toBeInstanceOf(NameTaken)
      const sameId = newAccount({ name: newTenantId(), id: account.id }, SOME_TIME)
      await expect(identities.insertAccount(sameId)).rejects.toBeInstanceOf(NameTaken)
      const again = { name: project.name, domainId: account.id }
      const secondProject = identities.insertProject(newProject(again, SOME_TIME))
      await expect(secondProject).rejects.toBeInstanceOf(NameTaken)
      const secondUser = identities.insertUser({ ...user, id: newTenantId() })
      await expect(secondUser).rejects.toBeInstanceOf(NameTaken)
      const other = await addAccount()
      await identities.insertProject(newProject({ ...again, domainId: other.id }, SOME_TIME))
      await identities.insertUser({ ...user, id: newTenantId(), domainId: other.id })
      const free = await addAccount()
      const renamed = identities.replaceAccount({ ...free, name: account.name })
      await expect(renamed).rejects.toBeInstanceOf(NameTaken)
    })

    test('has nothing in accounts that do not exist', async () => {
      const nowhere = { name: 'x', domainId: newTenantId() }
      const { identities, accessKeys } = first()
      const project = identities.insertProject(newProject(nowhere, SOME_TIME))
      await expect(project).rejects.toBeInstanceOf(OwnerMissing)
      const user = identities.insertUser(newUser(nowhere, SOME_TIME))
      await expect(user).rejects.toBeInstanceOf(OwnerMissing)
      await expect(accessKeys.insert(sampleAccessKey())).rejects.toBeInstanceOf(OwnerMissing)
      const [here, there] = [await addTenant(), await addTenant()]
      const mixed = sampleAccessKey({
        projectId: here.project.id,
        domainId: here.account.id,
        userId: there.user.id,
      })
      await expect(accessKeys.insert(mixed)).rejects.toBeInstanceOf(OwnerMissing)
    })

    test('replaces the revision that was read, and no other', async () => {
      const { account, project, user } = await addTenant()
      const { identities } = first()
      await identities.replaceProject({ ...project, state: 'disabled' })
      expect(await second().identities.findProject(project.id)).toStrictEqual({
        ...project,
        state: 'disabled',
        revision: 2,
      })
      await expect(identities.replaceProject(project)).rejects.toBeInstanceOf(StaleRevision)
      await identities.replaceAccount({ ...account, state: 'disabled' })
      await identities.replaceUser({
        ...user,
        state: 'disabled',
        passwordHash: '$argon2id$',
        certificates: ['ab', 'cd'],
      })
      expect(await second().identities.findAccount(account.id)).toStrictEqual({
        ...account,
        state: 'disabled',
        revision: 2,
      })
      expect(await second().identities.findUser(user.id)).toMatchObject({
        state: 'disabled',
        passwordHash: '$argon2id$',
        certificates: ['ab', 'cd'],
        revision: 2,
      })
      await expect(identities.replaceAccount(account)).rejects.toBeInstanceOf(StaleRevision)
      await expect(identities.replaceUser(user)).rejects.toBeInstanceOf(StaleRevision)
      const moved = { ...user, domainId: (await addAccount()).id, revision: 2 }
      await expect(identities.replaceUser(moved)).rejects.toBeInstanceOf(StaleRevision)
    })

    test('removes nothing that others hang on', async () => {
      const { account, project, user } = await addTenant()
      const { identities, accessKeys, keys, policies, bearerTokens } = first()
      await expect(identities.removeAccount(account.id)).rejects.toBeInstanceOf(StillInUse)
      const owner = { projectId: project.id, domainId: account.id, userId: user.id }
      const accessKey = sampleAccessKey(owner)
      await accessKeys.insert(accessKey)
      await expect(identities.removeProject(project.id)).rejects.toBeInstanceOf(StillInUse)
      const digest = new Uint8Array(32).fill(7)
      const token = { ...owner, digest, issuedAt: SOME_TIME, expiresAt: SOME_TIME + 1 }
      await bearerTokens.insert(token)
      await policies.attach({ userId: user.id, policyId: 'system:read-only' })
      expect(await identities.removeUser(user.id)).toBe(true)
      expect(await identities.removeUser(user.id)).toBe(false)
      expect(await accessKeys.find(accessKey.id)).toBeUndefined()
      expect(await bearerTokens.find(digest)).toBeUndefined()
      expect(await policies.attachedTo(user.id)).toStrictEqual([])
      const cmk = sampleCmk({ projectId: project.id })
      await insertCmk(keys, cmk)
      await keys.replace({ ...cmk, destroyedAt: SOME_TIME })
      await expect(identities.removeProject(project.id)).rejects.toBeInstanceOf(StillInUse)
      const empty = newProject({ name: 'empty', domainId: account.id }, SOME_TIME)
      await identities.insertProject(empty)
      expect(await identities.removeProject(empty.id)).toBe(true)
      expect(await identities.removeProject(empty.id)).toBe(false)
      expect(await identities.removeAccount((await addAccount()).id)).toBe(true)
    })

    test('leaves nothing of a user or an account in the grants of others', async () => {
      const { account, project, user } = await addTenant()
      const { identities, grants, keys } = first()
      const cmks = [sampleCmk({ projectId: project.id }), sampleCmk()]
      for (const cmk of cmks) await insertCmk(keys, cmk)
      async function give(index: number, stated: Partial<Grant>): Promise<Grant> {
        const cmk = cmks[index]
        if (!cmk) throw new Error('There is no such CMK.')
        const grant = sampleGrant(cmk, stated)
        await grants.insert({ grant, perKey: 100 })
        return grant
      }
      const other = newTenantId()
      const gone = [
        await give(0, { granteePrincipal: user.id, retiringPrincipal: other }),
        await give(0, { granteePrincipal: user.id, retiringPrincipal: user.id }),
        await give(1, { granteePrincipal: user.id }),
      ]
      // Of somebody else, of the account, and of an account whose id is that of the user.
      const stays = [
        await give(0, { granteePrincipal: other, retiringPrincipal: user.id }),
        await give(1, { granteePrincipal: other, retiringPrincipal: other }),
        await give(1, { granteePrincipal: account.id, granteePrincipalType: 'domain' }),
        await give(1, { granteePrincipal: user.id, granteePrincipalType: 'domain' }),
      ]
      expect(await identities.removeUser(user.id)).toBe(true)

      const seen = second().grants
      for (const { id } of gone) expect(await seen.find(id)).toBeUndefined()
      for (const grant of stays) {
        const { retiringPrincipal } = grant
        const left = retiringPrincipal === user.id ? undefined : retiringPrincipal
        expect(await seen.find(grant.id)).toStrictEqual({ ...grant, retiringPrincipal: left })
      }
      const page = { offset: 0, limit: 100 }
      for (const [index, count] of [1, 3].entries()) {
        const { id: keyId } = cmks[index] ?? sampleCmk()
        expect((await seen.listByKey({ keyId, page })).total).toBe(count)
      }
      for (const [principal, count] of [
        [user.id, 0],
        [other, 1],
      ] as const) {
        const { grants: listed, total } = await seen.listRetirable({ principal, page })
        expect([listed.length, total]).toStrictEqual([count, count])
      }

      const left = await addAccount()
      const toAccount = await give(1, {
        granteePrincipal: left.id,
        granteePrincipalType: 'domain',
      })
      expect(await identities.removeAccount(left.id)).toBe(true)
      expect(await seen.find(toAccount.id)).toBeUndefined()
      // One that cannot be deleted keeps what it was given.
      const kept = await give(1, { granteePrincipal: account.id, granteePrincipalType: 'domain' })
      await expect(identities.removeAccount(account.id)).rejects.toBeInstanceOf(StillInUse)
      expect(await seen.find(kept.id)).toStrictEqual(kept)
    })

    test('counts grants right that come and go while their user is removed', async () => {
      for (let round = 0; round < 6; round += 1) {
        const { project, user } = await addTenant()
        const cmks = [sampleCmk({ projectId: project.id }), sampleCmk()]
        for (const cmk of cmks) await insertCmk(first().keys, cmk)
        const given = cmks.map((cmk) => sampleGrant(cmk, { granteePrincipal: user.id }))
        for (const grant of given) await first().grants.insert({ grant, perKey: 100 })
        await outcomes([
          first().identities.removeUser(user.id),
          ...given.map(({ id }) => second().grants.remove(id)),
          ...cmks.map((cmk) => second().grants.insert({ grant: sampleGrant(cmk), perKey: 100 })),
        ])
        for (const { id: keyId } of cmks) {
          const page = { offset: 0, limit: 100 }
          const { grants, total } = await first().grants.listByKey({ keyId, page })
          expect([grants.length, total]).toStrictEqual([1, 1])
        }
      }
    })

    test('lists by time of creation, then id', async () => {
      const { account, project, user } = await addTenant()
      const domainId = account.id
      const late = newProject({ name: 'late', domainId }, SOME_TIME + 1)
      const early = newUser({ name: 'early', domainId }, SOME_TIME - 1)
      await first().identities.insertProject(late)
      await first().identities.insertUser(early)
      const { identities } = second()
      expect(await identities.listProjects(domainId)).toStrictEqual([project, late])
      expect(await identities.listUsers(domainId)).toStrictEqual([early, user])
      const ids = (await identities.listAccounts()).map(({ id }) => id)
      expect(ids).toContain(domainId)
      expect((await identities.listProjects()).length).toBeGreaterThan(1)
      expect((await identities.listUsers()).length).toBeGreaterThan(1)
    })

    test('never keeps an access key whose user is removed at the same moment', async () => {
      for (let round = 0; round < 12; round += 1) {
        const { account, project, user } = await addTenant()
        const key = sampleAccessKey({
          projectId: project.id,
          domainId: account.id,
          userId: user.id,
        })
        const removal = first().identities.removeUser(user.id)
        await outcomes([second().accessKeys.insert(key)])
        expect(await removal).toBe(true)
        expect(await first().accessKeys.find(key.id)).toBeUndefined()
      }
    })
  })
}
