import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { parseKeyId } from '../../src/core/ids.js'
import type { Reply } from '../http/client.js'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, PROJECT, type TestApp, startApp } from '../http/start-app.js'

const ROOT = `/v1.0/${PROJECT}/kms`
const STRANGER = { project: OTHER_PROJECT }

let app: TestApp
let key_id: string
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())
beforeEach(async () => {
  key_id = await app.createCmk()
})

function put(tag: unknown, id = key_id): Promise<Reply> {
  return app.sendSigned('POST', `${ROOT}/${id}/tags`, JSON.stringify({ tag }))
}

function batch(action: string, tags: unknown, id = key_id): Promise<Reply> {
  return app.sendSigned('POST', `${ROOT}/${id}/tags/action`, JSON.stringify({ action, tags }))
}

function remove(key: string, id = key_id): Promise<Reply> {
  return app.sendSigned('DELETE', `${ROOT}/${id}/tags/${key}`, '')
}

async function tagsOf(id = key_id): Promise<unknown> {
  const reply = await app.sendSigned('GET', `${ROOT}/${id}/tags`, '')
  const { tags, existTagsNum } = reply.json as { tags: unknown[]; existTagsNum: number }
  expect(existTagsNum).toBe(tags.length)
  return tags
}

function query(body: unknown, type = 'resource_instances'): Promise<Reply> {
  return app.sendSigned('POST', `${ROOT}/${type}/action`, JSON.stringify(body))
}

test('a tag is set, overwritten, listed and deleted', async () => {
  const set = await put({ key: 'env', value: 'test' })
  expect([set.status, set.text, set.headers['content-type']]).toEqual([204, '', undefined])
  expect((await put({ key: 'env', value: 'live' })).status).toBe(204)
  expect((await put({ key: 'empty' })).status).toBe(204)
  const { json } = await app.sendSigned('GET', `${ROOT}/${key_id}/tags`, '')
  expect(json).toEqual({
    tags: [
      { key: 'empty', value: '' },
      { key: 'env', value: 'live' },
    ],
    existTagsNum: 2,
    sys_tags: [],
  })
  expect((await remove('env')).status).toBe(204)
  expectError(await remove('env'), 'KMS.0416')
  expect(await tagsOf()).toEqual([{ key: 'empty', value: '' }])
})

test.each([
  ['a/b', 'a%2Fb'],
  ['a b', 'a%20b'],
  ['100%', '100%25'],
  ['a%20b', 'a%2520b'],
  ['schlüssel', 'schl%C3%BCssel'],
  ['𝄞'.repeat(36), encodeURIComponent('𝄞').repeat(36)],
  ['__proto__', '__proto__'],
])('the tag key %j is deleted under the path segment %s alone', async (key, segment) => {
  expect((await batch('create', [{ key, value: 'x' }, { key: 'other' }])).status).toBe(204)
  expectError(await remove(`${segment}x`), 'KMS.0416')
  expect((await remove(segment)).status).toBe(204)
  expect(await tagsOf()).toEqual([{ key: 'other', value: '' }])
})

test.each(['%00', '%ED%A0%80', '%zz', 'a'.repeat(5000), '%3D'])(
  'a path segment that is no tag key, %.20s, names no tag',
  async (segment) => expectError(await remove(segment), 'KMS.0416'),
)

test.each([
  [{ key: '' }, 'KMS.0406'],
  [{ key: 'a=b' }, 'KMS.0406'],
  [{ key: 'a\u001f' }, 'KMS.0406'],
  [{ key: '\ud800' }, 'KMS.0406'],
  [{ key: 'a'.repeat(37) }, 'KMS.0411'],
  [{ key: 'k', value: '<' }, 'KMS.0405'],
  [{ key: 'k', value: 'a\n' }, 'KMS.0405'],
  [{ key: 'k', value: '\u0000' }, 'KMS.0405'],
  [{ key: 'k', value: 'a'.repeat(44) }, 'KMS.0410'],
  [{ key: 'k', value: 5 }, 'KMS.0412'],
  [{ value: 'v' }, 'KMS.0412'],
  ['k', 'KMS.0412'],
  [undefined, 'KMS.0204'],
] as const)('the tag %j is refused with %s', async (tag, code) => {
  expectError(await put(tag), code)
  if (code === 'KMS.0412' || tag === undefined) return
  expectError(await batch('create', [{ key: 'fine' }, tag]), code)
  expect(await tagsOf()).toEqual([])
})

test.each([
  ['create', [], 'KMS.0401'],
  ['create', 'x', 'KMS.0401'],
  ['create', [{ key: 'a' }, { key: 'a' }], 'KMS.0412'],
  ['delete', [{ key: 'a' }, { key: 'a' }], 'KMS.0412'],
  ['create', Array.from({ length: 21 }, (_, at) => ({ key: String(at) })), 'KMS.0407'],
  ['delete', [{ key: 'a*' }], 'KMS.0406'],
  ['drop', [{ key: 'a' }], 'KMS.0404'],
] as const)('a batch to %s %j is refused with %s', async (action, tags, code) => {
  expectError(await batch(action, tags), code)
})

test('a key has at most 20 tags, set one by one, in a batch, or at once', async () => {
  const tags = Array.from({ length: 20 }, (_, at) => ({ key: `k${at}`, value: String(at) }))
  expect((await batch('create', tags)).status).toBe(204)
  expectError(await put({ key: 'one more' }), 'KMS.0409')
  expectError(await batch('create', [{ key: 'k0', value: 'new' }, { key: 'more' }]), 'KMS.0409')
  expect(await tagsOf()).toContainEqual({ key: 'k0', value: '0' })
  expect((await put({ key: 'k0', value: 'new' })).status).toBe(204)
  expect((await batch('delete', [{ key: 'k0' }, { key: 'absent', value: 'x' }])).status).toBe(204)
  const replies = await Promise.all(['x', 'y', 'z'].map((key) => put({ key })))
  expect(replies.map((reply) => reply.status).sort()).toEqual([204, 400, 400])
})

test('tags of keys that are not there, not ours, or not ids', async () => {
  const foreign = `/v1.0/${OTHER_PROJECT}/kms/${key_id}/tags`
  const unknown = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'
  expectError(await app.sendSigned('GET', foreign, '', STRANGER), 'KMS.0207')
  expectError(await app.sendSigned('DELETE', `${foreign}/a`, '', STRANGER), 'KMS.0207')
  const body = JSON.stringify({ tag: { key: 'a' } })
  expectError(await app.sendSigned('POST', foreign, body, STRANGER), 'KMS.0207')
  for (const [id, code] of [
    [unknown, 'KMS.0207'],
    ['alias%2Fx', 'KMS.0205'],
    ['%00', 'KMS.0205'],
    [key_id.toUpperCase(), 'KMS.0205'],
  ] as const) {
    expectError(await put({ key: 'a' }, id), code)
    expectError(await batch('create', [{ key: 'a' }], id), code)
    expectError(await remove('a', id), code)
    expectError(await app.sendSigned('GET', `${ROOT}/${id}/tags`, ''), code)
  }
})

test('a key that is scheduled for deletion keeps its tags, and they can be changed', async () => {
  const id = parseKeyId(key_id)
  const cmk = id && (await app.service.keys.find(PROJECT, id))
  if (!cmk) throw new Error('The key was not stored.')
  await app.service.keys.replace({ ...cmk, state: '4', deletionAt: Date.now() + 1e9 })
  expect((await put({ key: 'a', value: 'b' })).status).toBe(204)
  expect(await tagsOf()).toEqual([{ key: 'a', value: 'b' }])
  expect((await remove('a')).status).toBe(204)
})

describe('the query by tag', () => {
  const ids: string[] = []

  function of(...at: number[]): readonly unknown[] {
    return at.map((index) => ids[index])
  }

  beforeAll(async () => {
    for (const [name, tags] of Object.entries({
      'query/first': { color: 'red', size: 'l' },
      'query/second': { color: 'green', size: 'l' },
      'query/third': { color: 'red' },
      'query/100__': { bare: '' },
    })) {
      const { json } = await app.call('CreateKey', { key_alias: name, key_spec: 'AES_256' })
      const id = (json['key_info'] as { key_id: string }).key_id
      ids.push(id)
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }))
      expect((await batch('create', list, id)).status).toBe(204)
    }
  })

  async function found(body: object): Promise<readonly unknown[]> {
    const reply = await query({ action: 'filter', ...body })
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)])
    const counted = await query({ action: 'count', ...body, limit: undefined, offset: undefined })
    expect(counted.json).toEqual({ total_count: reply.json['total_count'] })
    return (reply.json['resources'] as { resource_id: string }[]).map((hit) => hit.resource_id)
  }

  test.each([
    [[{ key: 'color', values: ['red'] }], [0, 2]],
    [[{ key: 'color', values: ['red', 'green'] }], [0, 1, 2]],
    [[{ key: 'color', values: [] }], [0, 1, 2]],
    [
      [
        { key: 'color', values: ['red'] },
        { key: 'size', values: ['l'] },
      ],
      [0],
    ],
    [[{ key: 'bare', values: [''] }], [3]],
    [[{ key: 'colo', values: ['red'] }], []],
    [[{ key: 'COLOR', values: ['red'] }], []],
  ] as const)('by tags %j', async (tags, hits) => {
    expect(await found({ tags })).toEqual(of(...hits))
  })

  test.each([
    ['query/', [0, 1, 2, 3]],
    ['query/th', [2]],
    ['100__', [3]],
    ['query/%', []],
    ['query/_i', []],
  ] as const)('by the name %j', async (value, hits) => {
    expect(await found({ matches: [{ key: 'resource_name', value }] })).toEqual(of(...hits))
  })

  test('by both, page by page, with details as text', async () => {
    const wish = {
      tags: [{ key: 'color', values: ['red'] }],
      matches: [{ key: 'resource_name', value: 'query/' }],
    }
    expect(await found({ ...wish, limit: '1', offset: 1 })).toEqual(of(2))
    expect(await found({ ...wish, limit: 1, offset: '2' })).toEqual([])
    expect(await found({ ...wish, limit: '', offset: '' })).toEqual(of(0, 2))
    const { json } = await query({ action: 'filter', ...wish, limit: '1' })
    expect(json).toMatchObject({
      total_count: 2,
      resources: [
        {
          resource_name: 'query/first',
          resource_detail: { key_id: ids[0], key_state: '2', default_key_flag: '0' },
          tags: [
            { key: 'color', value: 'red' },
            { key: 'size', value: 'l' },
          ],
        },
      ],
    })
  })

  test('by nothing: every key of the project, ten on a page', async () => {
    const all = await query({ action: 'filter', tags: [], matches: [] })
    const { instance_num } = (await app.call('ShowUserInstances', {})).json
    expect(all.json['total_count']).toBe(instance_num)
    expect(all.json['resources']).toHaveLength(10)
  })

  test('knows nothing of other projects', async () => {
    const path = `/v1.0/${OTHER_PROJECT}/kms`
    const body = JSON.stringify({ action: 'filter' })
    const reply = await app.sendSigned('POST', `${path}/resource_instances/action`, body, STRANGER)
    expect(reply.json).toEqual({ resources: [], total_count: 0 })
    const tags = await app.sendSigned('GET', `${path}/tags`, '', STRANGER)
    expect(tags.json).toEqual({ tags: [] })
  })

  test('all tags of the project are listed with their values', async () => {
    const { json } = await app.sendSigned('GET', `${ROOT}/tags`, '')
    expect(json['tags']).toContainEqual({ key: 'color', values: ['green', 'red'] })
  })

  test.each([
    [{ action: 'list' }, 'KMS.0404'],
    [{}, 'KMS.0204'],
    [{ action: 'filter', limit: 0 }, 'KMS.1601'],
    [{ action: 'filter', limit: '1001' }, 'KMS.1601'],
    [{ action: 'filter', offset: '-1' }, 'KMS.0417'],
    [{ action: 'filter', offset: 'x' }, 'KMS.0417'],
    [{ action: 'count', offset: '0' }, 'KMS.0418'],
    [{ action: 'filter', tags: [{ key: 'a' }] }, 'KMS.0414'],
    [{ action: 'filter', tags: [{ key: '', values: [] }] }, 'KMS.0414'],
    [{ action: 'filter', tags: [{ key: '\u0000', values: [] }] }, 'KMS.0414'],
    [{ action: 'filter', tags: [{ key: 'a', values: ['\ud800'] }] }, 'KMS.0414'],
    [{ action: 'filter', tags: [{ key: 'a', values: ['b', 'b'] }] }, 'KMS.0414'],
    [
      {
        action: 'filter',
        tags: [
          { key: 'a', values: [] },
          { key: 'a', values: [] },
        ],
      },
      'KMS.0414',
    ],
    [
      { action: 'filter', tags: [{ key: 'a', values: Array.from({ length: 21 }, String) }] },
      'KMS.0413',
    ],
    [{ action: 'filter', matches: [{ key: 'name', value: 'a' }] }, 'KMS.0403'],
    [{ action: 'filter', matches: [{ key: 'resource_name', value: 'a'.repeat(256) }] }, 'KMS.0402'],
    [{ action: 'filter', matches: [{ key: 'resource_name', value: '\u0000' }] }, 'KMS.0402'],
    [{ action: 'filter', matches: [{ key: 'resource_name' }] }, 'KMS.0415'],
  ] as const)('refuses %j with %s', async (body, code) => {
    expectError(await query(body), code)
  })

  test('refuses another resource type', async () => {
    for (const type of ['tags', 'resource_instance', 'x%2Fy']) {
      expectError(await query({ action: 'filter' }, type), 'KMS.0408')
    }
  })
})
