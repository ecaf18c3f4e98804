import { rm } from 'node:fs/promises'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatherLifeCycle, listCmks } from '../../src/assessment/gather-life-cycle.js'
import { gatherRights } from '../../src/assessment/gather-rights.js'
import type { UserRights } from '../../src/compliance/rights/rights-seen.js'
import { DEFAULT_CRYPTOPERIODS } from '../../src/compliance/life-cycle/life-cycle-seen.js'
import { newKeyId, projectId } from '../../src/core/ids.js'
import { firstVersion, newCmk } from '../../src/core/new-cmk.js'
import { type Database, openDatabase } from '../../src/store/database.js'

const PROJECT = projectId('0123456789abcdef0123456789abcdef')
const COMMON = { state: 'active', createdAt: 0, revision: 1 } as const

let folder: string
let database: Database
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kms-rights-'))
  database = await openDatabase(`sqlite:${join(folder, 'kms.sqlite')}`)
  const { identities } = database
  await identities.insertAccount({ id: 'account', name: 'account', ...COMMON })
  await identities.insertProject({ id: PROJECT, domainId: 'account', name: 'local', ...COMMON })
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

async function addUser(name: string, statements?: readonly object[]): Promise<void> {
  const user = { id: name, domainId: 'account', name, passwordHash: undefined, certificates: [] }
  await database.identities.insertUser({ ...user, ...COMMON })
  if (!statements) return
  const document = JSON.stringify({ version: '1', statements })
  const policy = { id: `${name}-policy`, domainId: 'account', name: `of-${name}`, document }
  await database.policies.insert({ ...policy, createdAt: 0, revision: 1 })
  await database.policies.attach({ userId: name, policyId: policy.id })
}

test('the matrix says who may do all, a part, or nothing of each class', async () => {
  const any = { actions: ['kms:*'], resources: ['*'] }
  await addUser('nobody')
  await addUser('all', [{ effect: 'allow', ...any }])
  await addUser('denied', [
    { effect: 'allow', ...any },
    { effect: 'deny', actions: ['kms:grant:*'], resources: ['*'] },
  ])
  await addUser('some', [{ effect: 'allow', actions: ['kms:dek:*'], resources: ['alias:team-*'] }])
  await database.policies.attach({ userId: 'nobody', policyId: 'system:read-only' })
  const about = { cmks: [], log: undefined, maxAgeDays: 365, maxIdleDays: 90 }
  const seen = await gatherRights(database, about)
  if (!('value' in seen)) throw new Error('Nothing was seen.')
  const { classes, users } = seen.value
  function cell(user: string, name: string): UserRights['rights'][number] | undefined {
    const row = users.find((one) => one.user.id === user)
    return row?.rights[classes.indexOf(name)]
  }
  for (const name of classes) {
    const all = cell('all', name)
    expect([name, all?.all]).toEqual([name, all?.operations])
    expect(all?.operations).toBeGreaterThan(0)
  }
  expect(cell('denied', 'grants')).toMatchObject({ all: 0, limited: 0 })
  expect(cell('denied', 'data keys')?.all).toBe(cell('all', 'data keys')?.operations)
  expect(cell('some', 'data keys')).toMatchObject({
    all: 0,
    limited: cell('all', 'data keys')?.operations,
  })
  expect(cell('some', 'keys: make, change, destroy')).toMatchObject({ all: 0, limited: 0 })
  // The policy that reads gives facts about keys, and nothing that could be used.
  expect(cell('nobody', 'read')?.all).toBeGreaterThan(10)
  expect(cell('nobody', 'key spaces')).toMatchObject({ all: 0, limited: 0 })
  expect(cell('nobody', 'data keys')).toMatchObject({ all: 0, limited: 0 })
})

test('every CMK is listed with its versions, over the pages of a project', async () => {
  const wish = {
    description: '',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
  } as const
  for (let index = 0; index < 3; index++) {
    const place = { projectId: PROJECT, domainId: 'account', createdAt: Date.now(), home: 1 }
    const cmk = newCmk({ ...wish, alias: newKeyId() }, place)
    const version = firstVersion(cmk, Uint8Array.of(1))
    await database.keys.insert({ cmk, version, quota: 10 })
  }
  const cmks = await listCmks(database)
  expect(cmks).toHaveLength(3)
  const seen = await gatherLifeCycle(database, { cmks, cryptoperiods: DEFAULT_CRYPTOPERIODS })
  if (!('value' in seen)) throw new Error('Nothing was seen.')
  expect(seen.value.cmks.map(({ versions }) => versions.length)).toEqual([1, 1, 1])
})
