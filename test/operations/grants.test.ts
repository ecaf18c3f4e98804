import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Reply } from '../http/client.js'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import {
  DOMAIN,
  FOREIGN_DOMAIN,
  FOREIGN_PROJECT,
  OTHER_PROJECT,
  type TestApp,
  startApp,
} from '../http/start-app.js'

/** A user of another account. */
const FOREIGNER = { project: FOREIGN_PROJECT }
/** A user of another project of the same account. */
const NEIGHBOUR = { project: OTHER_PROJECT }
const UNKNOWN_GRANT = 'ab'.repeat(32)

let app: TestApp
let key_id: string
beforeAll(async () => {
  app = await startApp({ service: (service) => ({ ...service, grantQuota: 5 }) })
})
afterAll(() => app.close())
beforeEach(async () => {
  key_id = await app.createCmk()
})

async function grant(fields: Record<string, unknown>, deviation = {}): Promise<string> {
  const reply = await app.call(
    'CreateGrant',
    { key_id, grantee_principal: 'foreigner', ...fields },
    deviation,
  )
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)])
  expect(reply.json).toEqual({ grant_id: expect.stringMatching(/^[0-9a-f]{64}$/) })
  return String(reply.json['grant_id'])
}

function encrypt(deviation: object): Promise<Reply> {
  const body = { key_id, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  return app.call('EncryptDatakey', body, deviation)
}

test('a grantee of another account does what the grant says, and nothing else', async () => {
  expectError(await encrypt(FOREIGNER), 'KMS.0207')
  const grant_id = await grant({ operations: ['encrypt-datakey', 'describe-key'] })
  const sealed = await encrypt(FOREIGNER)
  expect(sealed.status).toBe(200)
  const { json } = await app.call('ListKeyDetail', { key_id }, FOREIGNER)
  expect(json['key_info']).toMatchObject({ key_id, domain_id: DOMAIN })
  const frame = { key_id, cipher_text: sealed.json['cipher_text'], datakey_cipher_length: '64' }
  for (const [name, body] of [
    ['DecryptDatakey', frame],
    ['CreateDatakey', { key_id }],
    ['CreateDatakeyWithoutPlaintext', { key_id }],
    ['DisableKey', { key_id }],
    ['ListGrants', { key_id }],
    ['CreateGrant', { key_id, grantee_principal: 'x', operations: ['describe-key'] }],
    ['CreateAlias', { key_id, alias: 'mine' }],
  ] as const) {
    expectError(await app.call(name, body, FOREIGNER), 'KMS.0207')
  }
  expectError(await encrypt(NEIGHBOUR), 'KMS.0207')
  expect((await app.call('DecryptDatakey', frame)).status).toBe(200)
  await app.call('DisableKey', { key_id })
  expectError(await encrypt(FOREIGNER), 'KMS.0209')
  await app.call('EnableKey', { key_id })
  expect((await app.call('CancelGrant', { key_id, grant_id })).text).toBe('{}')
  expectError(await encrypt(FOREIGNER), 'KMS.0207')
  expectError(await app.call('ListKeyDetail', { key_id }, FOREIGNER), 'KMS.0207')
})

test('rights are the union of all grants, to the user and to his account', async () => {
  await grant({ operations: ['create-datakey'] })
  const whole = await grant({
    operations: ['decrypt-datakey'],
    grantee_principal: FOREIGN_DOMAIN,
    grantee_principal_type: 'domain',
  })
  const made = await app.call('CreateDatakey', { key_id, datakey_length: '128' }, FOREIGNER)
  const frame = { key_id, cipher_text: made.json['cipher_text'], datakey_cipher_length: '16' }
  expect((await app.call('DecryptDatakey', frame, FOREIGNER)).status).toBe(200)
  await app.call('CancelGrant', { key_id, grant_id: whole })
  expectError(await app.call('DecryptDatakey', frame, FOREIGNER), 'KMS.0207')
})

test('small data is encrypted and decrypted under grants of their own', async () => {
  const text = { plain_text: 'a secret', key_id }
  expectError(await app.call('EncryptData', text, FOREIGNER), 'KMS.0207')
  const grant_id = await grant({ operations: ['encrypt-data'] })
  const { json } = await app.call('EncryptData', text, FOREIGNER)
  const sealed = { cipher_text: json['cipher_text'] }
  expectError(await app.call('DecryptData', sealed, FOREIGNER), 'KMS.0207')
  await grant({ operations: ['decrypt-data'] })
  const opened = await app.call('DecryptData', sealed, FOREIGNER)
  expect(opened.json).toMatchObject({ plain_text: 'a secret' })
  await app.call('CancelGrant', { key_id, grant_id })
  expectError(await app.call('EncryptData', text, FOREIGNER), 'KMS.0207')
})

test('the type of the principal counts: a user of the name of an account is not that account', async () => {
  await grant({ operations: ['encrypt-datakey'], grantee_principal: FOREIGN_DOMAIN })
  await grant({ operations: ['encrypt-datakey'], grantee_principal_type: 'domain' })
  expectError(await encrypt(FOREIGNER), 'KMS.0207')
})

test('a grantee with create-grant passes on what he has, and no more', async () => {
  await grant({ operations: ['create-grant', 'encrypt-datakey'] })
  const body = { key_id, grantee_principal: 'neighbour', operations: ['encrypt-datakey'] }
  const more = { ...body, operations: ['encrypt-datakey', 'decrypt-datakey'] }
  expect(expectError(await app.call('CreateGrant', more, FOREIGNER), 'KMS.0306')).toContain(
    'operations',
  )
  expect((await app.call('CreateGrant', body, FOREIGNER)).status).toBe(200)
  expect((await encrypt(NEIGHBOUR)).status).toBe(200)
  const { json } = await app.call('ListGrants', { key_id })
  expect((json['grants'] as object[])[1]).toMatchObject({ issuing_principal: 'foreigner' })
  expectError(await app.call('CreateGrant', body, NEIGHBOUR), 'KMS.0207')
})

test.each([
  [{ operations: ['create-grant'] }, 'KMS.2401'],
  [{ operations: ['create-grant', 'create-grant'] }, 'KMS.2401'],
  [{ operations: [] }, 'KMS.2401'],
  [{ operations: ['sign'] }, 'KMS.2401'],
  [{ operations: 'encrypt-datakey' }, 'KMS.2401'],
  [{ operations: undefined }, 'KMS.0204'],
  [{ grantee_principal: 'no-dash' }, 'KMS.2402'],
  [{ grantee_principal: '' }, 'KMS.2402'],
  [{ grantee_principal: 'a'.repeat(65) }, 'KMS.2402'],
  [{ retiring_principal: 'x\n' }, 'KMS.2402'],
  [{ name: 'a b' }, 'KMS.0308'],
  [{ grantee_principal_type: 'group' }, 'KMS.0308'],
  [{ key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f' }, 'KMS.0207'],
  [{ key_id: 'alias/x' }, 'KMS.0205'],
] as const)('create-grant refuses %j with %s', async (fields, code) => {
  const usual = { key_id, grantee_principal: 'foreigner', operations: ['encrypt-datakey'] }
  expectError(await app.call('CreateGrant', { ...usual, ...fields }), code)
})

test('create-grant needs an enabled key', async () => {
  const body = { key_id, grantee_principal: 'foreigner', operations: ['encrypt-datakey'] }
  await app.call('DisableKey', { key_id })
  expectError(await app.call('CreateGrant', body), 'KMS.0209')
})

test('a key has no more grants than the quota admits, even when they are made at once', async () => {
  const replies = await Promise.all(
    Array.from({ length: 9 }, () =>
      app.call('CreateGrant', {
        key_id,
        grantee_principal: 'foreigner',
        operations: ['encrypt-datakey'],
      }),
    ),
  )
  const refused = replies.filter((reply) => reply.status !== 200)
  expect(refused).toHaveLength(4)
  for (const reply of refused) expectError(reply, 'KMS.2404')
  const { json } = await app.call('ShowUserQuotas', {})
  expect(json).toEqual({
    quotas: {
      resources: [
        { type: 'CMK', used: expect.any(Number), quota: 1000 },
        { type: 'grant_per_CMK', used: 5, quota: 5 },
      ],
    },
  })
})

test('grants are listed page by page, with what was said of them', async () => {
  const first = await grant({
    operations: ['describe-key', 'describe-key', 'encrypt-datakey'],
    name: 'my:grant/1',
    retiring_principal: 'neighbour',
  })
  const others = [
    await grant({ operations: ['describe-key'] }),
    await grant({ operations: ['retire-grant'] }),
  ]
  const seen: unknown[] = []
  let marker: unknown = ''
  do {
    const { json } = await app.call('ListGrants', { key_id, limit: '2', marker })
    expect(json).toMatchObject({ total: 3, truncated: String(json['next_marker'] !== '') })
    seen.push(...(json['grants'] as unknown[]))
    marker = json['next_marker']
  } while (marker !== '')
  expect(seen.map((entry) => (entry as { grant_id: string }).grant_id).sort()).toEqual(
    [first, ...others].sort(),
  )
  expect(seen.find((entry) => (entry as { grant_id: string }).grant_id === first)).toEqual({
    key_id,
    grant_id: first,
    grantee_principal: 'foreigner',
    grantee_principal_type: 'user',
    operations: ['describe-key', 'encrypt-datakey'],
    issuing_principal: 'tester',
    creation_date: expect.stringMatching(/^\d{13}$/),
    name: 'my:grant/1',
    retiring_principal: 'neighbour',
  })
  expect(Object.keys(seen[2] as object)).not.toContain('name')
  const retirable = await app.call('ListRetirableGrants', {}, NEIGHBOUR)
  expect(retirable.json).toMatchObject({
    total: 1,
    grants: [{ grant_id: first }],
    truncated: 'false',
  })
  expect((await app.call('ListRetirableGrants', { limit: 1, marker: 1 }, NEIGHBOUR)).json).toEqual({
    grants: [],
    next_marker: '',
    truncated: 'false',
    total: 1,
  })
})

test.each([
  [{ limit: '0' }, 'KMS.1601'],
  [{ limit: '1001' }, 'KMS.1601'],
  [{ limit: 'ten' }, 'KMS.1601'],
  [{ marker: '-1' }, 'KMS.1602'],
  [{ marker: '9'.repeat(30) }, 'KMS.1602'],
] as const)('a list of grants refuses %j with %s', async (page, code) => {
  expectError(await app.call('ListGrants', { key_id, ...page }), code)
  expectError(await app.call('ListRetirableGrants', page), code)
})

test('only the project of the key revokes, and only what is there', async () => {
  const grant_id = await grant({ operations: ['describe-key', 'retire-grant'] })
  const other = await app.createCmk()
  expectError(await app.call('CancelGrant', { key_id, grant_id: UNKNOWN_GRANT }), 'KMS.2501')
  expectError(await app.call('CancelGrant', { key_id, grant_id: 'ab' }), 'KMS.2501')
  expectError(await app.call('CancelGrant', { key_id: other, grant_id }), 'KMS.2502')
  expectError(await app.call('CancelGrant', { key_id, grant_id }, FOREIGNER), 'KMS.0306')
  expectError(await app.call('CancelGrant', { key_id: other, grant_id }, FOREIGNER), 'KMS.0207')
  const unknown = { key_id, grant_id: UNKNOWN_GRANT }
  expectError(await app.call('CancelGrant', unknown, FOREIGNER), 'KMS.0207')
  const upper = grant_id.toUpperCase()
  const replies = await Promise.all(
    [grant_id, upper, grant_id].map((id) => app.call('CancelGrant', { key_id, grant_id: id })),
  )
  const refused = replies.filter((reply) => reply.status !== 200)
  expect(refused).toHaveLength(2)
  for (const reply of refused) expectError(reply, 'KMS.2501')
})

test.each([
  ['the issuing user', {}, {}],
  ['the retiring principal', { retiring_principal: 'neighbour' }, NEIGHBOUR],
  ['a grantee with retire-grant', { operations: ['describe-key', 'retire-grant'] }, FOREIGNER],
] as const)('a grant is retired by %s', async (_who, fields, deviation) => {
  const grant_id = await grant({ operations: ['describe-key'], ...fields })
  expect((await app.call('CancelSelfGrant', { key_id, grant_id }, deviation)).text).toBe('{}')
  expectError(await app.call('ListKeyDetail', { key_id }, FOREIGNER), 'KMS.0207')
  expectError(await app.call('CancelSelfGrant', { key_id, grant_id }), 'KMS.2501')
})

test('a grant is not retired by others', async () => {
  const grant_id = await grant({ operations: ['describe-key'], retiring_principal: 'somebody' })
  const other = await app.createCmk()
  expectError(await app.call('CancelSelfGrant', { key_id, grant_id }, FOREIGNER), 'KMS.0306')
  // Whoever has no part in it does not learn that it exists.
  expectError(await app.call('CancelSelfGrant', { key_id, grant_id }, NEIGHBOUR), 'KMS.0207')
  expectError(await app.call('CancelGrant', { key_id, grant_id }, NEIGHBOUR), 'KMS.0207')
  expectError(await app.call('CancelSelfGrant', { key_id: other, grant_id }), 'KMS.2502')
  expectError(await app.call('CancelSelfGrant', { key_id: other, grant_id }, FOREIGNER), 'KMS.0207')
  const unknown = { key_id, grant_id: UNKNOWN_GRANT }
  expectError(await app.call('CancelSelfGrant', unknown), 'KMS.2501')
  expectError(await app.call('CancelSelfGrant', unknown, FOREIGNER), 'KMS.0207')
  expect((await app.call('ListGrants', { key_id })).json['total']).toBe(1)
})

test('counts the keys of the project and of no other', async () => {
  const before = (await app.call('ShowUserInstances', {})).json['instance_num'] as number
  await app.createCmk()
  expect((await app.call('ShowUserInstances', {})).json).toEqual({ instance_num: before + 1 })
  expect((await app.call('ShowUserInstances', {}, FOREIGNER)).json).toEqual({ instance_num: 0 })
})
