import { describe, expect, test } from '@jest/globals'
import type { AccessPolicy } from '../../src/core/access-policy.js'
import { NameTaken, OwnerMissing, StillInUse } from '../../src/core/identity.js'
import { newTenantId, projectId } from '../../src/core/ids.js'
import { StaleRevision } from '../../src/core/key-store.js'
import { newAccount, newProject, newUser } from '../../src/core/new-identity.js'
import { SOME_TIME } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store of policies and of tokens does. */
export function accessPolicyStoreContract(kind: DatabaseKind): void {
  describe('policy store', () => {
    const { first, second } = twoReplicas(kind)

    async function addUser() {
      const account = newAccount({ name: newTenantId() }, SOME_TIME)
      const user = newUser({ name: 'user', domainId: account.id }, SOME_TIME)
      await first().identities.insertAccount(account)
      await first().identities.insertUser(user)
      return user
    }

    async function add(domainId: string, stated: Partial<AccessPolicy> = {}) {
      const policy = {
        id: newTenantId(),
        domainId,
        name: newTenantId(),
        document: '{"größe":"🔑"}',
        createdAt: SOME_TIME,
        revision: 1,
        ...stated,
      }
      await first().policies.insert(policy)
      return policy
    }

    test('gives back every field, by id, by name and in order of the names', async () => {
      const { domainId } = await addUser()
      const [b, a] = [await add(domainId, { name: 'b' }), await add(domainId, { name: 'a' })]
      const { policies } = second()
      expect(await policies.find(a.id)).toStrictEqual(a)
      expect(await policies.findByName(domainId, 'b')).toStrictEqual(b)
      expect(await policies.list(domainId)).toStrictEqual([a, b])
      for (const text of ['nothing', 'nul\0']) {
        expect(await policies.find(text)).toBeUndefined()
        expect(await policies.findByName(text, text)).toBeUndefined()
        expect(await policies.list(text)).toStrictEqual([])
        expect(await policies.remove(text)).toBe(false)
        expect(await policies.attachedTo(text)).toStrictEqual([])
        expect(await policies.detach({ userId: text, policyId: text })).toBe(false)
      }
    })

    test('takes a name once in an account, and only in an account', async () => {
      const { domainId } = await addUser()
      const { name } = await add(domainId)
      await expect(add(domainId, { name })).rejects.toBeInstanceOf(NameTaken)
      await add((await addUser()).domainId, { name })
      await expect(add(newTenantId())).rejects.toBeInstanceOf(OwnerMissing)
    })

    test('replaces the revision that was read, and no other', async () => {
      const policy = await add((await addUser()).domainId)
      await first().policies.replace({ ...policy, document: '{}' })
      expect(await second().policies.find(policy.id)).toStrictEqual({
        ...policy,
        document: '{}',
        revision: 2,
      })
      await expect(second().policies.replace(policy)).rejects.toBeInstanceOf(StaleRevision)
    })

    test('attaches policies of the account of the user and those of the software, once', async () => {
      const { id: userId, domainId } = await addUser()
      const policy = await add(domainId)
      const { policies } = second()
      for (const policyId of [policy.id, 'system:full-access', policy.id]) {
        await policies.attach({ userId, policyId })
      }
      const attached = await first().policies.attachedTo(userId)
      expect(attached).toStrictEqual([policy, { id: 'system:full-access' }])
      expect(await policies.detach({ userId, policyId: policy.id })).toBe(true)
      expect(await policies.detach({ userId, policyId: policy.id })).toBe(false)
      expect(await policies.attachedTo(userId)).toStrictEqual([{ id: 'system:full-access' }])

      const foreign = await add((await addUser()).domainId)
      for (const [user, policyId] of [
        [userId, foreign.id],
        [userId, newTenantId()],
        [newTenantId(), 'system:full-access'],
      ]) {
        const attaching = policies.attach({ userId: user ?? '', policyId: policyId ?? '' })
        await expect(attaching).rejects.toBeInstanceOf(OwnerMissing)
      }
    })

    test('removes no policy that is attached, nor attaches one that is removed at the same moment', async () => {
      const { id: userId, domainId } = await addUser()
      for (let round = 0; round < 12; round += 1) {
        const { id: policyId } = await add(domainId)
        const [attached, removed] = await Promise.allSettled([
          first().policies.attach({ userId, policyId }),
          second().policies.remove(policyId),
        ])
        const isThere = (await first().policies.attachedTo(userId)).some(
          ({ id }) => id === policyId,
        )
        expect(isThere).toBe(attached.status === 'fulfilled')
        if (removed.status === 'rejected') expect(removed.reason).toBeInstanceOf(StillInUse)
        expect(isThere).toBe(removed.status === 'rejected')
        if (isThere) await first().policies.detach({ userId, policyId })
      }
    })
  })

  describe('token store', () => {
    const { first, second } = twoReplicas(kind)

    test('finds a token by its digest, until it is revoked or long expired', async () => {
      const { identities, bearerTokens } = first()
      const account = newAccount({ name: newTenantId() }, SOME_TIME)
      const domainId = account.id
      const user = newUser({ name: 'user', domainId }, SOME_TIME)
      await identities.insertAccount(account)
      await identities.insertUser(user)
      const project = newProject({ id: sampleProject(), domainId, name: 'p' }, SOME_TIME)
      await identities.insertProject(project)
      const common = { userId: user.id, domainId, projectId: project.id, issuedAt: SOME_TIME }
      const tokens = [1, 2, 3].map((byte) => ({
        ...common,
        digest: new Uint8Array(32).fill(byte),
        expiresAt: SOME_TIME + byte,
      }))
      for (const token of tokens) await bearerTokens.insert(token)
      for (const token of tokens) {
        expect(await second().bearerTokens.find(token.digest)).toStrictEqual(token)
      }
      expect(await second().bearerTokens.find(new Uint8Array(32))).toBeUndefined()
      expect(await bearerTokens.removeExpired(SOME_TIME + 2)).toBe(1)
      expect(await bearerTokens.removeOfUser('nul\0')).toBe(0)
      expect(await bearerTokens.removeOfUser(user.id)).toBe(2)
      expect(await bearerTokens.removeOfUser(user.id)).toBe(0)
      const nobody = { ...common, userId: 'nobody', digest: new Uint8Array(32), expiresAt: 0 }
      await expect(bearerTokens.insert(nobody)).rejects.toBeInstanceOf(OwnerMissing)
      await bearerTokens.insert({ ...nobody, userId: user.id })
      expect(await identities.removeProject(project.id)).toBe(true)
      expect(await bearerTokens.find(nobody.digest)).toBeUndefined()
    })
  })
}

function sampleProject() {
  return projectId(newTenantId())
}
