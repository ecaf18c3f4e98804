import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { parseKeyId } from '../../src/core/ids.js'
import type { Reply } from '../http/client.js'
import { expectError } from '../http/expect-error.js'
import {
  DOMAIN,
  FOREIGN_DOMAIN,
  FOREIGN_PROJECT,
  OTHER_PROJECT,
  PROJECT,
  REGION,
  type TestApp,
  startApp,
} from '../http/start-app.js'

const PATH = `/v1.0/${PROJECT}/kms/aliases`

let app: TestApp
let key_id: string
let made = 0
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())
beforeEach(async () => {
  key_id = await app.createCmk()
})

async function newAlias(id = key_id): Promise<string> {
  made += 1
  const alias = `alias/a${made}`
  expect((await app.call('CreateAlias', { key_id: id, alias })).status).toBe(201)
  return alias
}

function list(query = '', headers: Record<string, string> = {}): Promise<Reply> {
  return app.sendSigned('GET', `${PATH}${query}`, '', { headers })
}

async function keyBehind(reference: string, deviation = {}): Promise<unknown> {
  const reply = await app.call('ListKeyDetail', { key_id: reference }, deviation)
  if (reply.status !== 200) return reply.json['error_code']
  return (reply.json['key_info'] as { key_id: string }).key_id
}

test.each([
  ['alias/with-prefix', 'alias/with-prefix'],
  ['without_prefix', 'alias/without_prefix'],
  ['team/a:b', 'alias/team/a:b'],
  ['alias/alias/x', 'alias/alias/x'],
  ['aliasfoo', 'alias/aliasfoo'],
  [`alias/${'n'.repeat(255)}`, `alias/${'n'.repeat(255)}`],
])('the alias %s is stored as %s and names its key', async (alias, stored) => {
  const reply = await app.call('CreateAlias', { key_id, alias })
  expect(reply.status).toBe(201)
  const urn = `kms:${REGION}:${DOMAIN}:${stored.replace('/', ':')}`
  expect(reply.json).toEqual({
    domain_id: DOMAIN,
    key_id,
    alias: stored,
    alias_urn: urn,
    create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    update_time: reply.json['create_time'],
  })
  expect(await keyBehind(stored)).toBe(key_id)
  expect(await keyBehind(urn)).toBe(key_id)
  const datakey = await app.call('CreateDatakey', { key_id: stored, datakey_length: '256' })
  expect(datakey.json).toMatchObject({ key_id })
  const frame = { cipher_text: datakey.json['cipher_text'], datakey_cipher_length: '32' }
  const opened = await app.call('DecryptDatakey', { key_id: urn, ...frame })
  expect(opened.json['data_key']).toBe(datakey.json['plain_text'])
  expectError(await app.call('CreateAlias', { key_id, alias }), 'KMS.1104')
})

test('an alias names nothing to other projects, accounts and regions', async () => {
  const alias = await newAlias()
  const name = alias.slice('alias/'.length)
  for (const project of [OTHER_PROJECT, FOREIGN_PROJECT]) {
    expect(await keyBehind(alias, { project })).toBe('KMS.0207')
    expect(await keyBehind(`kms:${REGION}:${DOMAIN}:alias:${name}`, { project })).toBe('KMS.0207')
  }
  expect(await keyBehind(`kms:elsewhere:${DOMAIN}:alias:${name}`)).toBe('KMS.0207')
  expect(await keyBehind(`kms:${REGION}:${FOREIGN_DOMAIN}:alias:${name}`)).toBe('KMS.0207')
  // The account has the name only once; another account may have it as well.
  const foreign = { project: FOREIGN_PROJECT }
  const { json } = await app.call('CreateKey', { key_alias: 'theirs' }, foreign)
  const theirs = (json['key_info'] as { key_id: string }).key_id
  const twin = await app.call('CreateAlias', { key_id: theirs, alias }, foreign)
  expect(twin.status).toBe(201)
  expect(await keyBehind(alias, foreign)).toBe(theirs)
  expect(await keyBehind(alias)).toBe(key_id)
})

test.each(['', 'alias/', 'a b', 'a\n', 'ä', 'n'.repeat(256), 'a'.repeat(500_000)])(
  'the alias %.10j is refused',
  async (alias) => {
    expectError(await app.call('CreateAlias', { key_id, alias }), 'KMS.1101')
    const moved = { target_key_id: key_id, alias }
    expectError(await app.call('AssociateAlias', moved), 'KMS.1101')
    expectError(await app.call('DeleteAlias', { key_id, aliases: [alias] }), 'KMS.1101')
  },
)

test('a moved alias leads to its new key at once', async () => {
  const alias = await newAlias()
  const target = await app.createCmk()
  expect(await keyBehind(alias)).toBe(key_id)
  const moved = await app.call('AssociateAlias', { alias: alias.slice(6), target_key_id: target })
  expect(moved.status).toBe(200)
  expect(moved.json).toMatchObject({ alias, key_id: target, domain_id: DOMAIN })
  expect(await keyBehind(alias)).toBe(target)
  expectError(await app.call('DeleteAlias', { key_id, aliases: [alias] }), 'KMS.0308')
  const deleted = await app.call('DeleteAlias', { key_id: target, aliases: [alias] })
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expect(await keyBehind(alias)).toBe('KMS.0207')
  expectError(await app.call('AssociateAlias', { alias, target_key_id: target }), 'KMS.0308')
})

test('an alias moves within its project only', async () => {
  const alias = await newAlias()
  const { json } = await app.call('CreateKey', { key_alias: 'near' }, { project: OTHER_PROJECT })
  const theirs = (json['key_info'] as { key_id: string }).key_id
  expectError(await app.call('AssociateAlias', { alias, target_key_id: theirs }), 'KMS.0207')
  const stolen = { alias, target_key_id: theirs }
  const reply = await app.call('AssociateAlias', stolen, { project: OTHER_PROJECT })
  expectError(reply, 'KMS.0308')
  const taken = await app.call('CreateAlias', { key_id: theirs, alias }, { project: OTHER_PROJECT })
  expectError(taken, 'KMS.1104')
  const body = { key_id: theirs, aliases: [alias] }
  expectError(await app.call('DeleteAlias', body, { project: OTHER_PROJECT }), 'KMS.0308')
  expect(await keyBehind(alias)).toBe(key_id)
})

test('aliases are deleted all or none', async () => {
  const [one, two] = [await newAlias(), await newAlias()]
  const partly = { key_id, aliases: [one, 'alias/absent', two] }
  expect(expectError(await app.call('DeleteAlias', partly), 'KMS.0308')).toContain('1 of them')
  expect(await keyBehind(one)).toBe(key_id)
  const whole = { key_id, aliases: [one, one.slice(6), two] }
  expect((await app.call('DeleteAlias', whole)).status).toBe(204)
  expect(await keyBehind(two)).toBe('KMS.0207')
  for (const aliases of [[], 'alias/x', [1], Array.from({ length: 51 }, (_, at) => `x${at}`)]) {
    expectError(await app.call('DeleteAlias', { key_id, aliases }), 'KMS.1101')
  }
})

test('a key has at most 50 aliases', async () => {
  for (let count = 0; count < 50; count += 1) await newAlias()
  const refused = await app.call('CreateAlias', { key_id, alias: 'one-more' })
  expectError(refused, 'KMS.0308')
  const elsewhere = await newAlias(await app.createCmk())
  const moved = await app.call('AssociateAlias', { alias: elsewhere, target_key_id: key_id })
  expectError(moved, 'KMS.0308')
  const { json } = await list(`?key_id=${key_id}&limit=1000`)
  expect(json['aliases']).toHaveLength(50)
})

test('a key that is scheduled for deletion gets no alias', async () => {
  const id = parseKeyId(key_id)
  const cmk = id && (await app.service.keys.find(PROJECT, id))
  if (!cmk) throw new Error('The key was not stored.')
  await app.service.keys.replace({ ...cmk, state: '4', deletionAt: Date.now() + 1e9 })
  expectError(await app.call('CreateAlias', { key_id, alias: 'late' }), 'KMS.0210')
})

test('aliases are listed page by page to the end', async () => {
  const own = [await newAlias(), await newAlias(), await newAlias()]
  const seen: string[] = []
  let marker = ''
  do {
    const { json } = await list(`?key_id=${key_id}&limit=2&marker=${encodeURIComponent(marker)}`)
    const page = json as {
      aliases: { alias: string }[]
      page_info: { next_marker: string | null; current_count: number }
    }
    expect(page.page_info.current_count).toBe(page.aliases.length)
    seen.push(...page.aliases.map(({ alias }) => alias))
    marker = page.page_info.next_marker ?? ''
  } while (marker !== '')
  expect(seen).toEqual([...own].sort())
  const all = (await list()).json as { aliases: { key_id: string }[] }
  expect(all.aliases).toHaveLength(50)
})

test.each([
  ['?limit=0', 'KMS.1601'],
  ['?limit=x', 'KMS.1601'],
  ['?limit=1001', 'KMS.1601'],
  ['?marker=x', 'KMS.1602'],
  ['?marker=alias%2F%00', 'KMS.1602'],
  ['?key_id=alias%2Fx', 'KMS.0205'],
  ['?key_id=0d0466b0-e727-4d9c-b35d-f84bb474a37f', 'KMS.0207'],
  ['?limit=1&limit=2', 'KMS.0308'],
] as const)('the list under %s is refused with %s', async (query, code) => {
  expectError(await list(query), code)
})

test.each([
  ['huaweicloud-usdk-go/3.0; go1.21', true],
  ['huaweicloud-usdk-java/3.0', true],
  ['huaweicloud-usdk-python/3.0', false],
  ['', false],
  ['curl huaweicloud-usdk-go', false],
])('to the client %j the page is in an array: %j', async (agent, inArray) => {
  const { text } = await list(`?key_id=${key_id}`, { 'user-agent': agent })
  const page = { aliases: [], page_info: { next_marker: null, current_count: 0 } }
  expect(JSON.parse(text)).toEqual(inArray ? [page] : page)
})

test('other projects do not see the aliases', async () => {
  await newAlias()
  const path = PATH.replace(PROJECT, OTHER_PROJECT)
  const { json } = await app.sendSigned('GET', path, '', { project: OTHER_PROJECT })
  expect(json['aliases']).toEqual([])
  const ofKey = `${path}?key_id=${key_id}`
  expectError(await app.sendSigned('GET', ofKey, '', { project: OTHER_PROJECT }), 'KMS.0207')
})
