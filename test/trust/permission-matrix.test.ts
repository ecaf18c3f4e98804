import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { GRANT_OPERATIONS, type Grant } from '../../src/core/grant.js'
import { parseKeyId, projectId } from '../../src/core/ids.js'
import { operations } from '../../src/operations/index.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import type { ApiClient } from '../conformance/api/client.js'
import { LACKS_WRAPPED_PAIRS, lackOfWrappedPairs } from '../conformance/api/lack-of-case.js'
import { prepare } from '../conformance/api/preparations.js'
import {
  type ServiceUnderTest,
  startServiceUnderTest,
} from '../conformance/api/service-under-test.js'
import { CASES } from '../conformance/api/tables.js'
import { type JsonObject, fill } from '../conformance/api/value.js'
import type { Reply } from '../http/client.js'
import { describeUnless } from '../support/describe-unless.js'
import { noToken } from '../support/chosen-token.js'
import { type StatedPolicy, type Stranger, makePlace, makeStranger } from './strangers.js'

const START_MS = 90_000
const ALL = { effect: 'allow', actions: ['kms:*'], resources: ['*'] } as const
const NO_KEY = 'key:00000000-0000-4000-8000-000000000000'

/** Users of the project itself, and who of them is refused. */
const REFUSED: Readonly<Record<string, StatedPolicy | undefined>> = {
  'no policy': undefined,
  'another action': [{ ...ALL, actions: ['kms:nothing:else'] }],
  'another key': [{ ...ALL, resources: [NO_KEY, 'alias:alias/none', 'tag:none=*', 'keystore:x'] }],
  'a denial': [ALL, { ...ALL, effect: 'deny' }],
}

/** What is missed before the key is. */
const NOT_THERE: Readonly<Record<string, string>> = { CreateDatakeyCapsule: 'KMS.0308' }

const PROJECT_OPERATIONS = operations.filter((operation) => operation.access === 'project')

describeUnless(noToken, 'who may call what', () => {
  let service: ServiceUnderTest
  let api: ApiClient
  let database: Database
  const users = new Map<string, Stranger>()
  let foreigner: Stranger
  let grantee: Stranger

  beforeAll(async () => {
    service = await startServiceUnderTest()
    api = service.api
    database = await openDatabase(`sqlite:${join(service.dataDirectory, 'kms.sqlite')}`)
    const { project_id, domain_id } = api.credentials
    const here = { projectId: projectId(project_id), domainId: domain_id }
    for (const [name, statements] of Object.entries(REFUSED)) {
      users.set(name, await makeStranger(database, here, statements))
    }
    const denied = [ALL, { ...ALL, effect: 'deny', resources: ['key:*'] }] as const
    users.set('a denial of keys', await makeStranger(database, here, denied))
    for (const { action, identityAction } of PROJECT_OPERATIONS) {
      for (const one of [action, identityAction]) {
        if (users.has(one)) continue
        users.set(one, await makeStranger(database, here, [{ ...ALL, actions: [one] }]))
      }
    }
    foreigner = await makeStranger(database, await makePlace(database), [ALL])
    grantee = await makeStranger(database, await makePlace(database))
  }, START_MS)
  afterAll(async () => {
    await database.close()
    await service.close()
  })

  function as(name: string): ApiClient {
    const user = stranger(name)
    return api.withToken(user.token, user.projectId)
  }

  /** Gives users everything that a grant can give, whatever the state of the key; returns how to take it back. */
  async function grantAll(keyId: unknown, grantees: readonly Stranger[]) {
    const key = parseKeyId(String(keyId))
    if (!key) throw new Error('There is no key to grant.')
    const ids: string[] = []
    for (const { userId } of grantees) {
      const grant: Grant = {
        id: randomBytes(32).toString('hex'),
        keyId: key,
        projectId: projectId(api.credentials.project_id),
        granteePrincipal: userId,
        granteePrincipalType: 'user',
        operations: GRANT_OPERATIONS,
        issuingPrincipal: api.credentials.user_id,
        retiringPrincipal: undefined,
        name: undefined,
        createdAt: Date.now(),
      }
      await database.grants.insert({ grant, perKey: 100 })
      ids.push(grant.id)
    }
    return async function end(): Promise<void> {
      for (const id of ids) await database.grants.remove(id)
    }
  }

  function stranger(name: string): Stranger {
    const user = users.get(name)
    if (!user) throw new Error(`There is no user for ${name}.`)
    return user
  }

  test('the cases cover every operation', () => {
    for (const { name } of PROJECT_OPERATIONS)
      expect([name, caseOf(name)]).toEqual([name, expect.anything()])
  })

  describe.each(PROJECT_OPERATIONS.map((operation) => [operation.name, operation] as const))(
    '%s',
    (name, { action, identityAction, target }) => {
      const judgesItself = name === 'CancelSelfGrant'

      test('is refused without a right, and done with the one that it needs', async () => {
        const { fields } = await begin(api, name)
        for (const user of [
          ...Object.keys(REFUSED),
          ...(target === 'key' ? ['a denial of keys'] : []),
        ]) {
          if (judgesItself) continue
          const reply = await as(user).call(name, fields)
          expect([user, codeOf(reply)]).toEqual([user, 'KMS.0307'])
        }
        for (const right of new Set([action, identityAction])) {
          const own = await begin(api, name)
          const reply = await as(right).call(name, own.fields)
          expect([right, codeOf(reply)]).toEqual([right, judgesItself ? 'KMS.0306' : own.code])
          if (name === 'CreateKeyStore') await prepare(api, 'no keystore')
        }
      }, 60_000)

      test('is done with a grant where that can give it, until it ends, and never against a denial', async () => {
        if (judgesItself) return
        const { fields, known, code } = await begin(api, name)
        const tried = {
          ...fields,
          ...(name === 'CreateGrant' && { operations: ['describe-key'] }),
        }
        const key = known['key'] ?? (await prepare(api, 'a key'))['key']
        const elsewhere = api.withToken(grantee.token, grantee.projectId)
        const foreign = NOT_THERE[name] ?? 'KMS.0207'
        const end = await grantAll(key, [stranger('no policy'), stranger('a denial'), grantee])
        expect(codeOf(await as('a denial').call(name, tried))).toBe('KMS.0307')
        const isGrantable = GRANT_OPERATIONS.some((granted) => operationOf(granted) === name)
        const granted = await as('no policy').call(name, tried)
        expect(codeOf(granted)).toBe(isGrantable ? code : 'KMS.0307')
        if (target === 'key' && !isGrantable) {
          expect(codeOf(await elsewhere.call(name, tried))).toBe(foreign)
        }
        await end()
        expect(codeOf(await as('no policy').call(name, tried))).toBe('KMS.0307')
        if (target === 'key') expect(codeOf(await elsewhere.call(name, tried))).toBe(foreign)
      }, 60_000)

      test('leads nobody into another project', async () => {
        const { fields, known } = await begin(api, name)
        const elsewhere = api.withToken(foreigner.token, foreigner.projectId)
        const through = await api
          .withToken(foreigner.token, api.credentials.project_id)
          .call(name, fields)
        expect(codeOf(through)).toBe('KMS.0321')
        const reply = await elsewhere.call(name, fields)
        if (target === 'key') expect(NOT_THERE[name] ?? 'KMS.0207').toBe(codeOf(reply))
        for (const secret of [known['key'], known['keystore'], known['point'], known['policy']]) {
          if (typeof secret === 'string') expect(reply.text).not.toContain(secret)
        }
        if (name === 'CreateKeyStore') {
          await prepare(elsewhere, 'no keystore')
        }
      }, 60_000)
    },
  )

  test.each(GRANT_OPERATIONS)(
    'a grant of %s gives that, from another account, until it ends',
    async (granted) => {
      const name = operationOf(granted)
      const { known, fields, code } = await begin(api, name)
      const key_id = String(known['key'])
      const stranger = await makeStranger(database, await makePlace(database))
      const elsewhere = api.withToken(stranger.token, stranger.projectId)
      if (granted === 'retire-grant') return retires({ api, elsewhere, stranger, key_id })
      expect(codeOf(await elsewhere.call(name, fields))).toBe('KMS.0207')
      // create-grant cannot be given alone, nor passed on without what it passes on.
      const also =
        granted === 'create-grant' ? ['describe-key', 'create-datakey', 'encrypt-datakey'] : []
      const { grant_id } = await api.succeed('CreateGrant', {
        key_id,
        grantee_principal: stranger.userId,
        operations: [...new Set([granted, ...also])],
      })
      expect(codeOf(await elsewhere.call(name, { ...fields, operations: ['describe-key'] }))).toBe(
        code,
      )
      const other = granted === 'encrypt-datakey' ? 'ListGrants' : 'EncryptDatakey'
      const otherFields = (await begin(api, other)).fields
      const unGranted = await elsewhere.call(other, { ...otherFields, key_id })
      if (!also.includes('encrypt-datakey')) expect(codeOf(unGranted)).toBe('KMS.0207')
      await api.succeed('CancelGrant', { key_id, grant_id })
      expect(codeOf(await elsewhere.call(name, fields))).toBe('KMS.0207')
    },
    60_000,
  )
})

/** Whoever may retire a grant retires his own; policies have no say in it. */
async function retires(request: {
  readonly api: ApiClient
  readonly elsewhere: ApiClient
  readonly stranger: Stranger
  readonly key_id: string
}): Promise<void> {
  const { api, elsewhere, stranger, key_id } = request
  const fields = { key_id, grantee_principal: stranger.userId }
  const without = await api.succeed('CreateGrant', { ...fields, operations: ['describe-key'] })
  const refused = { key_id, grant_id: without['grant_id'] }
  expect(codeOf(await elsewhere.call('CancelSelfGrant', refused))).toBe('KMS.0306')
  const operations = ['describe-key', 'retire-grant']
  const { grant_id } = await api.succeed('CreateGrant', { ...fields, operations })
  expect(codeOf(await elsewhere.call('CancelSelfGrant', { key_id, grant_id }))).toBeUndefined()
}

function operationOf(granted: string): string {
  if (granted === 'describe-key') return 'ListKeyDetail'
  if (granted === 'retire-grant') return 'CancelSelfGrant'
  return granted.replaceAll(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}

/** A call that succeeds, or one that is refused because nobody can have what it asks for. */
function caseOf(name: string) {
  const cases = CASES.filter(({ operation }) => operation === name)
  return (
    cases.find(({ code, headers }) => code === undefined && headers === undefined) ??
    cases.find(({ code }) => code === 'KMS.3801')
  )
}

async function begin(api: ApiClient, name: string) {
  const one = caseOf(name)
  if (!one) throw new Error(`${name} has no case that succeeds.`)
  const known = await prepare(api, one.given)
  // Whoever has the right is told that the token lacks what it takes.
  const code = lackOfWrappedPairs(name) === undefined ? one.code : LACKS_WRAPPED_PAIRS
  return { known, fields: fill(one.fields ?? {}, known) as JsonObject, code }
}

function codeOf({ json, status }: Reply): unknown {
  return status < 300 ? undefined : json['error_code']
}
