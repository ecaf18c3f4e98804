import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'

const COUNT = 7

let app: TestApp
const ids: string[] = []
beforeAll(async () => {
  app = await startApp()
  for (let index = 0; index < COUNT; index += 1) ids.push(await app.createCmk())
  await app.call('DisableKey', { key_id: ids[2] })
  await app.call('CreateKey', { key_alias: 'apart', enterprise_project_id: 'e-1' })
  await app.call('CreateKey', { key_alias: 'foreign' }, { project: OTHER_PROJECT })
})
afterAll(() => app.close())

async function list(body: unknown) {
  const { status, json } = await app.call('ListKeys', body)
  expect(status).toBe(200)
  return json as {
    keys: string[]
    key_details: { key_id: string }[]
    next_marker: string
    truncated: string
    total: number
  }
}

test('lists the keys of the project, oldest first, with their details', async () => {
  const page = await list({ limit: '', marker: '' })
  expect(page.keys.slice(0, COUNT)).toEqual(ids)
  expect(page.key_details.map((details) => details.key_id)).toEqual(page.keys)
  expect(page).toMatchObject({ next_marker: '', truncated: 'false', total: COUNT + 1 })
  expect(await list({})).toEqual(page)
  const other = await app.call('ListKeys', {}, { project: OTHER_PROJECT })
  expect(other.json['total']).toBe(1)
})

test.each([1, 3, 4, 8, '2', '1000'])('leads through pages of %s', async (limit) => {
  const seen: string[] = []
  let marker = ''
  for (let pages = 0; pages <= COUNT + 1; pages += 1) {
    const page = await list({ limit, marker })
    seen.push(...page.keys)
    expect(page.keys.length).toBeLessThanOrEqual(Number(limit))
    expect(page.total).toBe(COUNT + 1)
    expect(page.truncated).toBe(String(page.next_marker !== ''))
    marker = page.next_marker
    if (marker === '') break
  }
  expect(new Set(seen).size).toBe(COUNT + 1)
  expect(seen).toHaveLength(COUNT + 1)
})

test('answers an empty page behind the end', async () => {
  const page = await list({ marker: '100' })
  expect(page).toMatchObject({ keys: [], next_marker: '', truncated: 'false', total: COUNT + 1 })
})

test('filters by state, specification and enterprise project', async () => {
  for (const key_state of ['3', 3]) expect((await list({ key_state })).keys).toEqual([ids[2]])
  expect((await list({ key_state: '4' })).total).toBe(0)
  expect((await list({ key_spec: 'RSA_2048' })).total).toBe(0)
  expect((await list({ key_spec: 'ALL' })).total).toBe(COUNT + 1)
  expect((await list({ enterprise_project_id: 'all' })).total).toBe(COUNT + 1)
  expect((await list({ enterprise_project_id: '0' })).total).toBe(COUNT)
  expect((await list({ enterprise_project_id: 'e-1' })).total).toBe(1)
})

test.each([
  [{ limit: '0' }, 'KMS.1601'],
  [{ limit: '1001' }, 'KMS.1601'],
  [{ limit: '-1' }, 'KMS.1601'],
  [{ limit: ' 1' }, 'KMS.1601'],
  [{ limit: 'ten' }, 'KMS.1601'],
  [{ limit: '1e2' }, 'KMS.1601'],
  [{ marker: '-1' }, 'KMS.1602'],
  [{ marker: -1 }, 'KMS.1602'],
  [{ marker: 'x' }, 'KMS.1602'],
  [{ marker: '9'.repeat(16) }, 'KMS.1602'],
  [{ key_state: '6' }, 'KMS.0308'],
  [{ key_state: '' }, 'KMS.0308'],
  [{ key_spec: 'all' }, 'KMS.0308'],
  [{ enterprise_project_id: '' }, 'KMS.0308'],
] as const)('refuses %j with %s', async (body, code) => {
  const sentence = expectError(await app.call('ListKeys', body), code)
  expect(sentence).toContain(Object.keys(body)[0])
})
