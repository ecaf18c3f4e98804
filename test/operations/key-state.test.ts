import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { StaleRevision } from '../../src/core/key-store.js'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import { PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { parseKeyId } from '../../src/core/ids.js'

let app: TestApp
let lost = 0
beforeAll(async () => {
  app = await startApp({
    service: (service) => ({
      ...service,
      keys: {
        ...service.keys,
        replace(cmk) {
          if (lost > 0) {
            lost -= 1
            return Promise.reject(new StaleRevision('Another writer was first.'))
          }
          return service.keys.replace(cmk)
        },
      },
    }),
  })
})
afterAll(() => app.close())

test('a disabled key does no work until it is enabled', async () => {
  const key_id = await app.createCmk()
  const wrap = { key_id, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  const { json } = await app.call('EncryptDatakey', wrap)
  const unwrap = { key_id, cipher_text: json['cipher_text'], datakey_cipher_length: '64' }
  const disabled = await app.call('DisableKey', { key_id })
  expect(disabled.json).toEqual({ key_info: { key_id, key_state: '3' } })
  for (const [name, body] of [
    ['EncryptDatakey', wrap],
    ['DecryptDatakey', unwrap],
    ['CreateDatakey', { key_id }],
    ['CreateDatakeyWithoutPlaintext', { key_id }],
  ] as const) {
    expectError(await app.call(name, body), 'KMS.0209')
  }
  expectError(await app.call('DisableKey', { key_id }), 'KMS.1301')
  const enabled = await app.call('EnableKey', { key_id })
  expect(enabled.json).toEqual({ key_info: { key_id, key_state: '2' } })
  expectError(await app.call('EnableKey', { key_id }), 'KMS.1201')
  expect((await app.call('DecryptDatakey', unwrap)).status).toBe(200)
})

test.each([
  ['4', 'KMS.0210'],
  ['5', 'KMS.1301'],
  ['1', 'KMS.1301'],
] as const)('a key in state %s does no work: %s', async (state, code) => {
  const key_id = await app.createCmk()
  const id = parseKeyId(key_id)
  const cmk = id && (await app.service.keys.find(PROJECT, id))
  if (!cmk) throw new Error('The key was not stored.')
  await app.service.keys.replace({ ...cmk, state })
  expectError(await app.call('CreateDatakey', { key_id }), code)
  const enable = await app.call('EnableKey', { key_id })
  expectError(enable, state === '4' ? 'KMS.0210' : 'KMS.1201')
  expectError(await app.call('DisableKey', { key_id }), code)
  const { json } = await app.call('ListKeyDetail', { key_id })
  expect(json['key_info']).toMatchObject({ key_state: state })
})

test('a change that lost against another writer is made again, though not for ever', async () => {
  const key_id = await app.createCmk()
  lost = 3
  expect((await app.call('DisableKey', { key_id })).status).toBe(200)
  lost = 1000
  const refused = await app.call('EnableKey', { key_id })
  expectError(refused, 'KMS.0104')
  expect(refused.headers['retry-after']).toBe('1')
  lost = 0
  expect((await app.call('EnableKey', { key_id })).status).toBe(200)
})

test('changes made at once end in one of their states, each made once', async () => {
  const key_id = await app.createCmk()
  const replies = await Promise.all(
    Array.from({ length: 6 }, () => app.call('DisableKey', { key_id })),
  )
  const ok = replies.filter((reply) => reply.status === 200)
  expect(ok).toHaveLength(1)
  for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.1301')
})

test.each([
  ['0d0466b0-e727-4d9c-b35d-f84bb474a37f', 'KMS.0207'],
  ['zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz', 'KMS.0207'],
  ['alias/my-key', 'KMS.0207'],
  [`kms:eu-west-101:b168fe00ff56492495a7d22974df2d0b:alias:my-key`, 'KMS.0207'],
  ['0D0466B0-E727-4D9C-B35D-F84BB474A37F', 'KMS.0205'],
  ['0d0466b0e7274d9cb35df84bb474a37f', 'KMS.0205'],
  ['0d0466b0-e727-4d9c-b35d-f84bb474a37f ', 'KMS.0205'],
  ['0d0466b0-e727-4d9c-b35d-f84bb474a37f\n', 'KMS.0205'],
  ['alias/', 'KMS.0205'],
  ['kms:::alias:x', 'KMS.0205'],
  ['', 'KMS.0205'],
] as const)('the key reference %j is answered by %s', async (key_id, code) => {
  for (const name of ['ListKeyDetail', 'EnableKey', 'DisableKey', 'CreateDatakey']) {
    expectError(await app.call(name, { key_id }), code)
  }
})
