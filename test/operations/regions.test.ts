import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, PROJECT, REGION, type TestApp, startApp } from '../http/start-app.js'

let app: TestApp
let key_id: string
beforeAll(async () => {
  app = await startApp()
  key_id = await app.createCmk()
})
afterAll(() => app.close())

function send(method: string, path: string, body?: unknown, project = PROJECT) {
  const text = body === undefined ? '' : JSON.stringify(body)
  return app.sendSigned(method, `/v2/${project}/kms/${path}`, text, { project })
}

describe('ListSupportRegions', () => {
  test.each([
    ['', [REGION]],
    ['?limit=1&offset=0', [REGION]],
    ['?limit=&offset=', [REGION]],
    ['?offset=1', []],
    ['?offset=999999999999999', []],
  ])('answers %j with %j', async (query, regions) => {
    const { status, json } = await send('GET', `regions${query}`)
    expect([status, json]).toEqual([200, { regions }])
  })

  test.each([
    ['?limit=0', 'KMS.1601'],
    ['?limit=1001', 'KMS.1601'],
    ['?limit=ten', 'KMS.1601'],
    ['?offset=-1', 'KMS.1603'],
    ['?offset=1.5', 'KMS.1603'],
    ['?limit=1&limit=2', 'KMS.0308'],
  ] as const)('refuses %s with %s', async (query, code) => {
    expectError(await send('GET', `regions${query}`), code)
  })
})

const REPLICA = {
  replica_region: 'eu-west-102',
  key_alias: 'copy',
  replica_project_id: '0dea2644dc80d5d22ff1c01e3ebea6fc',
}

describe('ReplicateKey', () => {
  test('says why there is no replica', async () => {
    const reply = await send('POST', `keys/${key_id}/replicate`, { key_id, ...REPLICA })
    expect(expectError(reply, 'KMS.3801')).toMatch(/not extractable and never leaves its HSM/)
  })

  test('says that the region of the key is not another one', async () => {
    const body = { key_id, ...REPLICA, replica_region: REGION }
    const reply = await send('POST', `keys/${key_id}/replicate`, body)
    expect(expectError(reply, 'KMS.3801')).toMatch(/another region/)
  })

  test.each([
    [{ replica_region: undefined }, 'KMS.0204'],
    [{ replica_region: '../x' }, 'KMS.0308'],
    [{ key_alias: 'no blanks' }, 'KMS.1101'],
    [{ key_alias: undefined }, 'KMS.0204'],
    [{ replica_project_id: undefined }, 'KMS.0204'],
    [{ replica_project_id: '' }, 'KMS.0308'],
    [{ key_description: 'x'.repeat(256) }, 'KMS.0308'],
    [{ tags: {} }, 'KMS.0308'],
    [{ key_id: 'x' }, 'KMS.0205'],
    [{ key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f' }, 'KMS.0308'],
  ] as const)('refuses %j with %s', async (wrong, code) => {
    const body = { key_id, ...REPLICA, ...wrong }
    expectError(await send('POST', `keys/${key_id}/replicate`, body), code)
  })
})

describe('UpdatePrimaryRegion', () => {
  test('answers the region that the key is in', async () => {
    const body = { key_id, primary_region: REGION }
    const { status, json } = await send('PUT', `keys/${key_id}/update-primary-region`, body)
    expect([status, json]).toEqual([200, body])
  })

  test('says why the primary does not move', async () => {
    const body = { key_id, primary_region: 'eu-west-102' }
    const reply = await send('PUT', `keys/${key_id}/update-primary-region`, body)
    expect(expectError(reply, 'KMS.3801')).toMatch(/never leaves its HSM/)
  })

  test('knows no key of another tenant', async () => {
    const body = { key_id, primary_region: REGION }
    for (const [method, path, extra] of [
      ['PUT', 'update-primary-region', {}],
      ['POST', 'replicate', REPLICA],
    ] as const) {
      const reply = await send(
        method,
        `keys/${key_id}/${path}`,
        { ...body, ...extra },
        OTHER_PROJECT,
      )
      expectError(reply, 'KMS.0207')
    }
  })
})
