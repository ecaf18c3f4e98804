import { expect, test } from '@jest/globals'
import { type JudgeParts, createJudge } from '../../src/access/judge.js'
import type { Grant } from '../../src/core/grant.js'
import { projectId } from '../../src/core/ids.js'
import { sampleCmk } from '../contract/store-samples.js'

const OWN = projectId('own')
const cmk = sampleCmk({ projectId: OWN })
const foreign = sampleCmk({ projectId: projectId('foreign') })
const CALL = {
  caller: {
    projectId: OWN,
    domainId: 'account',
    userId: 'user',
    authentication: 'signature',
    accessKeyId: 'AK',
  },
  actions: ['kms:dek:crypto', 'kms:cmk:encryptDataKey'],
  context: undefined,
  address: '192.0.2.7',
} as const

const GRANT: Grant = {
  id: 'f'.repeat(64),
  keyId: foreign.id,
  projectId: foreign.projectId,
  granteePrincipal: 'user',
  granteePrincipalType: 'user',
  operations: ['encrypt-datakey'],
  issuingPrincipal: 'somebody',
  retiringPrincipal: undefined,
  name: undefined,
  createdAt: 0,
}

function judgement(statements: readonly object[], parts: Partial<JudgeParts> = {}) {
  const document = JSON.stringify({ version: '1', statements })
  const policy = { id: 'p', domainId: 'account', name: 'mine', document, createdAt: 0, revision: 1 }
  return createJudge({
    policies: { attachedTo: () => Promise.resolve(statements.length > 0 ? [policy] : []) },
    grants: { listForGrantee: () => Promise.resolve([]) },
    tagsOf: () => Promise.reject(new Error('Nobody asked for tags.')),
    aliasesOf: () => Promise.reject(new Error('Nobody asked for aliases.')),
    clock: () => 0,
    ...parts,
  })(CALL)
}

const ALLOW = { effect: 'allow', actions: ['kms:*'], resources: ['*'] }
const DENY = { ...ALLOW, effect: 'deny' }
const granted = { grants: { listForGrantee: () => Promise.resolve([GRANT]) } }
const refusal = { code: 'KMS.0307' }

test('nobody may do anything until a policy says so', async () => {
  const access = judgement([])
  expect(access.decided).toBe(false)
  await expect(access.require({})).rejects.toMatchObject(refusal)
  await expect(access.requireKey({ cmk })).rejects.toMatchObject(refusal)
  expect(access).toMatchObject({ decided: true, rule: undefined })
})

test('a policy allows in the project of the caller, and nowhere else', async () => {
  const access = judgement([ALLOW])
  await access.requireKey({ cmk, grantable: 'encrypt-datakey' })
  expect(access.rule).toBe('policy mine statement 1')
  const other = access.requireKey({ cmk: foreign, grantable: 'encrypt-datakey' })
  await expect(other).rejects.toMatchObject(refusal)
  expect(access.rule).toBeUndefined()
})

test('a grant gives its operations, where no policy denies', async () => {
  const access = judgement([], granted)
  await access.requireKey({ cmk: foreign, grantable: 'encrypt-datakey' })
  expect(access.rule).toBe(`grant ${GRANT.id}`)
  for (const grantable of ['decrypt-datakey', undefined] as const) {
    await expect(access.requireKey({ cmk: foreign, grantable })).rejects.toMatchObject(refusal)
  }
  const denied = judgement([ALLOW, DENY], granted)
  const call = denied.requireKey({ cmk: foreign, grantable: 'encrypt-datakey' })
  await expect(call).rejects.toMatchObject(refusal)
  expect(denied.rule).toBe('policy mine statement 2')
})

test('tags and aliases are read where a policy on this action speaks of them', async () => {
  const byTag = { ...ALLOW, resources: ['tag:env=prod'] }
  const tags = { tagsOf: () => Promise.resolve([{ key: 'env', value: 'prod' }]) }
  await judgement([byTag], tags).requireKey({ cmk })
  await expect(judgement([byTag]).requireKey({ cmk })).rejects.toThrow('Nobody asked for tags.')
  const elsewhere = { ...byTag, actions: ['kms:mac:*'] }
  await judgement([elsewhere, ALLOW]).requireKey({ cmk })
  const byAlias = { ...ALLOW, resources: ['alias:alias/pay'] }
  const aliases = { aliasesOf: () => Promise.resolve([{ name: 'alias/pay' }]) }
  await judgement([byAlias], aliases).requireKey({ cmk })
})

test('a policy that cannot be read fails the call instead of being passed over', async () => {
  const attached = [{ id: 'system:unheard-of' }] as const
  const policies = { attachedTo: () => Promise.resolve(attached) }
  await expect(judgement([], { policies }).requireKey({ cmk })).rejects.toThrow(
    'There is no policy system:unheard-of.',
  )
})

test('parties to a grant are judged by the operation itself', () => {
  const access = judgement([])
  access.judged('grant 1')
  expect(access).toMatchObject({ decided: true, rule: 'grant 1' })
})
