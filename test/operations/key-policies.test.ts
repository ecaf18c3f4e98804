import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { type KeySpaceCalls, keySpaceCalls } from './key-space-calls.js'

let app: TestApp
let calls: KeySpaceCalls
beforeAll(async () => {
  app = await startApp()
  calls = keySpaceCalls(app)
})
afterAll(() => app.close())

const POINT = randomUUID()
const PERIOD = { start_time: '2026-01-01T00:00:00Z', end_time: '2026-12-31T23:59:59Z' }
const FULL = { version: '1.0', validity_period: PERIOD, allowed_access_point: [POINT] }
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

function create(body: object) {
  return app.call('CreateKeyPolicy', {
    keyspace_id: calls.keySpace,
    policy_name: 'rule',
    policy: JSON.stringify(FULL),
    ...body,
  })
}

test('a policy is shown as it was given, and is listed in camel case', async () => {
  const keyspace_id = randomUUID()
  const { json } = await create({ keyspace_id, description: 'who may' })
  const policy_id = String(json['policy_id'])
  const members = {
    policy_id,
    policy_name: 'rule',
    keyspace_id,
    description: 'who may',
    created_by: 'tester',
    create_time: expect.stringMatching(ISO),
    last_modify_time: expect.stringMatching(ISO),
    last_access_time: '',
  }
  const shown = await calls.send('GET', `key-policies/${policy_id}`)
  expect([shown.status, shown.json]).toEqual([200, { ...members, policy: FULL }])
  const { json: list } = await calls.send('GET', `key-policies?keyspace_id=${keyspace_id}`)
  const policy = { version: '1.0', validityPeriod: PERIOD, allowedAccessPoint: [POINT] }
  expect(list).toEqual({
    page_info: { next_marker: '', current_count: 1 },
    keyspace_policies: [{ ...members, policy }],
  })
})

test.each([
  [{ version: '1' }, { version: '1' }],
  [
    { version: '1', validity_period: {} },
    { version: '1', validity_period: {} },
  ],
  [
    { version: '1', allowed_data_security_zone: [], allowed_access_point: [] },
    { version: '1', allowed_access_point: [] },
  ],
  [
    { version: '1', allowed_access_point: [POINT.toUpperCase(), POINT] },
    { version: '1', allowed_access_point: [POINT] },
  ],
])('takes %j', async (policy, shown) => {
  const id = await calls.createPolicy(policy)
  expect((await calls.send('GET', `key-policies/${id}`)).json['policy']).toEqual(shown)
})

test('shows what counts where JSON names a member twice', async () => {
  const { json } = await create({ policy: '{"version":"1","version":"2"}' })
  const shown = await calls.send('GET', `key-policies/${String(json['policy_id'])}`)
  expect(shown.json['policy']).toEqual({ version: '2' })
})

const WRONG = [
  ['', /^policy must be a JSON object/],
  ['{', /^policy must be a JSON object/],
  ['[]', /^policy must be a JSON object/],
  ['null', /^policy must be a JSON object/],
  ['"{}"', /^policy must be a JSON object/],
  ['['.repeat(8000), /^policy must be a JSON object/],
  ['{}', /^policy\.version /],
  ['{"version":1}', /^policy\.version /],
  ['{"version":"a b"}', /^policy\.version /],
  ['{"version":"1","Version":"1"}', /^policy must have no members but /],
  ['{"version":"1","__proto__":{}}', /^policy must have no members but /],
  ['{"version":"1","validity_period":[]}', /^policy\.validity_period /],
  ['{"version":"1","validity_period":{"start":"x"}}', /^policy\.validity_period must have no /],
  ['{"version":"1","validity_period":{"start_time":1}}', /\.start_time must be a time/],
  ['{"version":"1","validity_period":{"end_time":"2026-02-30T00:00:00Z"}}', /\.end_time must be/],
  ['{"version":"1","validity_period":{"end_time":"2026-01-01T00:00:00"}}', /\.end_time must be/],
  [
    '{"version":"1","validity_period":{"start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-01T00:00:00Z"}}',
    /\.end_time must be later/,
  ],
  ['{"version":"1","allowed_access_point":"x"}', /\.allowed_access_point must be an array/],
  ['{"version":"1","allowed_access_point":["x"]}', /\.allowed_access_point must hold ids/],
  ['{"version":"1","allowed_access_point":[null]}', /\.allowed_access_point must hold ids/],
  [
    JSON.stringify({ version: '1', allowed_access_point: Array(33).fill(POINT) }),
    /\.allowed_access_point must be an array of at most 32/,
  ],
  [
    '{"version":"1","allowed_data_security_zone":["z"]}',
    /\.allowed_data_security_zone must be left out .*no data security zones/,
  ],
] as const

test.each(WRONG)('refuses the policy %j', async (policy, sentence) => {
  expect(expectError(await create({ policy }), 'KMS.0308')).toMatch(sentence)
  const id = await calls.createPolicy(FULL)
  const update = await calls.send('PUT', `key-policies/${id}`, { policy })
  expect(expectError(update, 'KMS.0308')).toMatch(sentence)
})

test.each([
  [{ keyspace_id: 'x' }, 'KMS.0308'],
  [{ policy_name: 'no blanks' }, 'KMS.0308'],
  [{ policy: undefined }, 'KMS.0204'],
  [{ policy: FULL }, 'KMS.0308'],
  [{ policy: `{"version":"1"${' '.repeat(8192)}}` }, 'KMS.0308'],
  [{ description: 'x'.repeat(256) }, 'KMS.0308'],
] as const)('refuses %j with %s', async (body, code) => {
  expectError(await create(body), code)
})

describe('UpdateKeyPolicy', () => {
  test('replaces the policy, and keeps a description that is not given', async () => {
    const { json } = await create({ description: 'who may' })
    const policy_id = String(json['policy_id'])
    const policy = { version: '2', allowed_access_point: [] }
    const path = `key-policies/${policy_id}`
    const first = await calls.send('PUT', path, { policy: JSON.stringify(policy) })
    const last_modify_time = expect.stringMatching(ISO)
    expect(first.status).toBe(200)
    expect(first.json).toEqual({ policy_id, policy, description: 'who may', last_modify_time })
    const body = { policy: JSON.stringify(FULL), description: '' }
    const second = await calls.send('PUT', path, body)
    expect(second.json).toEqual({ policy_id, policy: FULL, description: '', last_modify_time })
    const shown = await calls.send('GET', path)
    expect(shown.json).toMatchObject({ policy: FULL, description: '' })
  })
})

test('pages to the end', async () => {
  const keyspace_id = randomUUID()
  const made = await Promise.all(Array.from({ length: 3 }, () => create({ keyspace_id })))
  const seen: unknown[] = []
  let marker = ''
  do {
    const query = `keyspace_id=${keyspace_id}&limit=1&marker=${marker}`
    const { json } = await calls.send('GET', `key-policies?${query}`)
    const page = json as {
      page_info: { next_marker: string }
      keyspace_policies: { policy_id: string }[]
    }
    seen.push(...page.keyspace_policies.map(({ policy_id }) => policy_id))
    marker = page.page_info.next_marker
  } while (marker !== '')
  expect(seen).toEqual(made.map(({ json }) => json['policy_id']).sort())
  expectError(await calls.send('GET', 'key-policies'), 'KMS.0204')
})

test.each([
  ['GET', undefined],
  ['PUT', { policy: '{"version":"1"}' }],
  ['DELETE', undefined],
] as const)(
  '%s knows no policy of another tenant, a malformed id, or a deleted one',
  async (method, body) => {
    const id = await calls.createPolicy(FULL)
    const stranger = { project: OTHER_PROJECT }
    expectError(await calls.send(method, `key-policies/${id}`, body, stranger), 'KMS.0308')
    for (const wrong of ['x', '%00', randomUUID()]) {
      expectError(await calls.send(method, `key-policies/${wrong}`, body), 'KMS.0308')
    }
    const gone = await calls.send('DELETE', `key-policies/${id}`)
    expect([gone.status, gone.text]).toEqual([204, ''])
    expectError(await calls.send(method, `key-policies/${id}`, body), 'KMS.0308')
  },
)
