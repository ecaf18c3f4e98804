import { createPrivateKey, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { projectId } from '../../src/core/ids.js'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { type KeySpaceCalls, keySpaceCalls } from './key-space-calls.js'

let app: TestApp
let calls: KeySpaceCalls
beforeAll(async () => {
  app = await startApp()
  calls = keySpaceCalls(app)
})
afterAll(() => app.close())

const CLUSTER = { type: 2, identity: 'cluster key', cluster_id: 'cluster-1' }
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

async function listed(keySpace: string, query = '') {
  const { json } = await calls.send('GET', `access-points?keyspace_id=${keySpace}${query}`)
  return json as {
    page_info: { next_marker: string; current_count: number }
    access_points: Record<string, unknown>[]
  }
}

describe('CreateAccessPoint', () => {
  test.each([
    [{ type: 1, identity: 'machine-1' }],
    [{ type: '1', identity: 'machine-1', cluster_id: '' }],
    [CLUSTER],
    [{ type: 3, description: 'for billing', identity: '' }],
  ])('stores %j', async (extra) => {
    const keyspace_id = randomUUID()
    const access_point_id = await calls.createPoint({ ...extra, keyspace_id })
    const { access_points } = await listed(keyspace_id)
    expect(access_points).toEqual([
      {
        access_point_id,
        keyspace_id,
        access_point_name: 'billing',
        state: 1,
        type: Number(extra.type),
        created_by: 'tester',
        create_time: expect.stringMatching(ISO),
        lsat_modify_time: expect.stringMatching(ISO),
      },
    ])
  })

  test.each([
    [{ keyspace_id: 'x' }, 'KMS.0308'],
    [{ keyspace_id: undefined }, 'KMS.0204'],
    [{ access_point_name: '' }, 'KMS.0308'],
    [{ access_point_name: 'no blanks' }, 'KMS.0308'],
    [{ access_point_name: 'x'.repeat(256) }, 'KMS.0308'],
    [{ type: 0 }, 'KMS.0308'],
    [{ type: 4 }, 'KMS.0308'],
    [{ type: true }, 'KMS.0308'],
    [{ type: 1 }, 'KMS.0204'],
    [{ type: 1, identity: 'm', cluster_id: 'c' }, 'KMS.0308'],
    [{ type: 2, identity: 'm' }, 'KMS.0204'],
    [{ type: 2, cluster_id: 'c' }, 'KMS.0204'],
    [{ type: 3, identity: 'm' }, 'KMS.0308'],
    [{ description: 'x'.repeat(256) }, 'KMS.0308'],
    [{ description: 'a\0b' }, 'KMS.0308'],
    [{ type: 1, identity: 'x'.repeat(4097) }, 'KMS.0308'],
    [{ type: 1, identity: '\ud800' }, 'KMS.0308'],
  ] as const)('refuses %j with %s', async (wrong, code) => {
    const body = { keyspace_id: calls.keySpace, access_point_name: 'a', type: 3, ...wrong }
    expectError(await app.call('CreateAccessPoint', body), code)
  })
})

describe('ListAccessPoint', () => {
  test('pages to the end', async () => {
    const keySpace = randomUUID()
    const made = await Promise.all(
      Array.from({ length: 5 }, () => calls.createPoint({ ...CLUSTER, keyspace_id: keySpace })),
    )
    const seen: unknown[] = []
    let marker = ''
    do {
      const page = await listed(keySpace.toUpperCase(), `&limit=2&marker=${marker}`)
      expect(page.page_info.current_count).toBe(page.access_points.length)
      seen.push(...page.access_points.map((point) => point['access_point_id']))
      marker = page.page_info.next_marker
    } while (marker !== '')
    expect(seen).toEqual([...made].sort())
  })

  test.each([
    ['', 'KMS.0204'],
    ['?keyspace_id=x', 'KMS.0308'],
    ['?keyspace_id=KS&limit=0', 'KMS.1601'],
    ['?keyspace_id=KS&limit=101', 'KMS.1601'],
    ['?keyspace_id=KS&limit=x', 'KMS.1601'],
    ['?keyspace_id=KS&marker=1', 'KMS.1602'],
  ] as const)('refuses %j with %s', async (query, code) => {
    const path = `access-points${query.replace('KS', calls.keySpace)}`
    expectError(await calls.send('GET', path), code)
  })

  test('shows nothing of another tenant', async () => {
    const keySpace = randomUUID()
    await calls.createPoint({ keyspace_id: keySpace })
    const path = `access-points?keyspace_id=${keySpace}`
    const { json } = await calls.send('GET', path, undefined, { project: OTHER_PROJECT })
    expect(json['access_points']).toEqual([])
  })
})

describe('a custom access point', () => {
  test('hands out its private key, the same each time', async () => {
    const id = await calls.createPoint()
    const text = await calls.privateKey(id)
    expect(await calls.privateKey(id)).toBe(text)
    expect(await calls.privateKey(await calls.createPoint())).not.toBe(text)
    const der = Buffer.from(text, 'base64')
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    // OpenSSL writes the same DER: nothing is missing in it.
    expect(key.export({ format: 'der', type: 'pkcs8' })).toEqual(der)
  })

  test('keeps its private key sealed, and out of the log', async () => {
    const id = await calls.createPoint()
    const secret = Buffer.from(await calls.privateKey(id), 'base64').subarray(36, 68)
    const point = await app.service.accessPoints.find(PROJECT, id)
    expect(point?.sealedPrivateKey).toBeDefined()
    expect(Buffer.from(point?.sealedPrivateKey ?? []).includes(secret)).toBe(false)
    const log = JSON.stringify(app.events())
    for (const form of ['base64', 'hex'] as const) expect(log).not.toContain(secret.toString(form))
  })

  test('does not hand out the key of another row, whoever can write rows', async () => {
    const [own, other] = [await calls.createPoint(), await calls.createPoint()]
    const [victim, mine] = await Promise.all(
      [other, own].map((id) => app.service.accessPoints.find(PROJECT, id)),
    )
    if (!victim || !mine) throw new Error('The access points were not stored.')
    await app.service.accessPoints.replace({ ...mine, sealedPrivateKey: victim.sealedPrivateKey })
    const reply = await calls.send('POST', `access-points/${own}/get-privatekey`)
    expectError(reply, 'KMS.0101')
    const tenant = { ...victim, id: randomUUID(), projectId: projectId(OTHER_PROJECT) }
    await app.service.accessPoints.insert(tenant)
    const path = `access-points/${tenant.id}/get-privatekey`
    expectError(await calls.send('POST', path, undefined, { project: OTHER_PROJECT }), 'KMS.0101')
  })

  test('keeps its key while it is disabled, however often it is switched', async () => {
    const id = await calls.createPoint()
    for (let turn = 0; turn < 2; turn++) {
      const off = await calls.send('POST', `access-points/${id}/disable`)
      expect([off.status, off.json]).toEqual([200, {}])
    }
    expectError(await calls.send('POST', `access-points/${id}/get-privatekey`), 'KMS.0306')
    const on = await calls.send('POST', `access-points/${id}/enable`)
    expect([on.status, on.json]).toEqual([200, {}])
    await calls.privateKey(id)
  })
})

test('only a custom access point has a private key', async () => {
  const id = await calls.createPoint(CLUSTER)
  expectError(await calls.send('POST', `access-points/${id}/get-privatekey`), 'KMS.0308')
})

test('what is deleted is gone', async () => {
  const id = await calls.createPoint()
  const gone = await calls.send('DELETE', `access-points/${id}`)
  expect([gone.status, gone.text]).toEqual([204, ''])
  for (const [method, action] of ACTIONS) {
    expectError(await calls.send(method, `access-points/${id}${action}`), 'KMS.0308')
  }
})

const ACTIONS = [
  ['DELETE', ''],
  ['POST', '/enable'],
  ['POST', '/disable'],
  ['POST', '/get-privatekey'],
] as const

test.each(ACTIONS)(
  '%s %s knows no access point of another tenant, nor a malformed id',
  async (method, action) => {
    const id = await calls.createPoint()
    const stranger = { project: OTHER_PROJECT }
    const reply = await calls.send(method, `access-points/${id}${action}`, undefined, stranger)
    expectError(reply, 'KMS.0308')
    for (const wrong of ['x', '%00', '..%2f', randomUUID()]) {
      expectError(await calls.send(method, `access-points/${wrong}${action}`), 'KMS.0308')
    }
    await calls.privateKey(id)
  },
)

test('switches made at once all succeed', async () => {
  const id = await calls.createPoint()
  const replies = await Promise.all(
    ['disable', 'enable', 'disable', 'enable'].map((action) =>
      calls.send('POST', `access-points/${id}/${action}`),
    ),
  )
  for (const { status } of replies) expect(status).toBe(200)
})
