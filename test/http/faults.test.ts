import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { HsmError, type HsmFailure } from '../../src/core/hsm.js'
import { StaleRevision, StoreUnavailable } from '../../src/core/key-store.js'
import { expectError } from './expect-error.js'
import { PLAIN_TEXT } from './sample-body.js'
import { type TestApp, startApp } from './start-app.js'

let app: TestApp
let keyId: string
let hsmError: Error | undefined
let storeError: Error | undefined
beforeAll(async () => {
  app = await startApp({
    hsm: { beforeCall: () => hsmError },
    service: (service) => ({
      ...service,
      keys: {
        ...service.keys,
        find: (project, id) =>
          storeError ? Promise.reject(storeError) : service.keys.find(project, id),
      },
    }),
  })
  keyId = await app.createCmk()
})
afterAll(() => app.close())
beforeEach(() => {
  hsmError = storeError = undefined
})

function encrypt() {
  const body = { key_id: keyId, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  return app.call('EncryptDatakey', body)
}

test.each<[HsmFailure, 'KMS.0101' | 'KMS.0104']>([
  ['unavailable', 'KMS.0104'],
  ['busy', 'KMS.0104'],
  ['key-missing', 'KMS.0101'],
  ['not-authentic', 'KMS.0101'],
  ['unsupported', 'KMS.0101'],
  ['fault', 'KMS.0101'],
])('answers an HSM failure of class %s with %s, and tells only the log', async (failure, code) => {
  hsmError = new HsmError(failure, 'The token said something secret.', { call: 'C_WrapKey', rv: 5 })
  const reply = await encrypt()
  const sentence = expectError(reply, code)
  expect(sentence).not.toContain('secret')
  expect(reply.headers['retry-after']).toBe(code === 'KMS.0104' ? '1' : undefined)
  expect(app.events().at(-1)).toMatchObject({
    level: 'error',
    request_id: reply.headers['x-request-id'],
    operation: 'EncryptDatakey',
    code,
    key_id: keyId,
    err: { type: 'HsmError', failure, call: 'C_WrapKey', rv: '0x00000005' },
  })
})

test.each([
  [new StoreUnavailable('no disk', { cause: new Error('EIO') }), 'KMS.0104'],
  [new StaleRevision('lost'), 'KMS.0104'],
  [new TypeError('undefined is not a function'), 'KMS.0101'],
] as const)('answers %s with %s', async (error, code) => {
  storeError = error
  const reply = await encrypt()
  expect(expectError(reply, code)).not.toContain(error.message)
  expect(app.events().at(-1)).toMatchObject({
    code,
    err: { type: error.name, message: error.message, stack: expect.any(String) },
  })
})

test('answers something that is no error at all', async () => {
  storeError = 'a text was thrown' as unknown as Error
  expectError(await encrypt(), 'KMS.0101')
})

test('does not even ask the HSM for what cannot be right', async () => {
  const { json } = await encrypt()
  hsmError = new HsmError('fault', 'The token was asked.')
  const good = String(json['cipher_text'])
  const body = { key_id: keyId, cipher_text: good, datakey_cipher_length: '64' }
  expectError(await app.call('DecryptDatakey', body), 'KMS.0101')
  const lengths = [0, 2, 22, 24, good.length - 2]
  for (const cipher_text of lengths.map((length) => good.slice(0, length))) {
    expectError(await app.call('DecryptDatakey', { ...body, cipher_text }), 'KMS.2201')
  }
})

test('holds neither key material nor credentials in any log line', async () => {
  const before = app.events().length
  const sequence = '0123456789abcdef0123456789abcdef0123'
  const dek = PLAIN_TEXT.slice(0, 128)
  const wrapped = await app.call('EncryptDatakey', {
    key_id: keyId,
    plain_text: PLAIN_TEXT,
    datakey_plain_length: '64',
    encryption_context: { who: 'context-value' },
    sequence,
  })
  const cipher_text = String(wrapped.json['cipher_text'])
  const body = { key_id: keyId, cipher_text, datakey_cipher_length: '64' }
  await app.call('DecryptDatakey', { ...body, encryption_context: { who: 'context-value' } })
  await app.call('DecryptDatakey', body)
  await app.call('EncryptDatakey', { key_id: keyId, plain_text: `${dek}zz` })
  await app.sendSigned('POST', '/nowhere', `{"plain_text":"${dek}`)
  hsmError = new HsmError('fault', 'It broke.')
  await app.call('DecryptDatakey', body)
  const events = app.events().slice(before)
  expect(events).toHaveLength(6)
  expect(events[0]).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    pid: process.pid,
    request_id: wrapped.headers['x-request-id'],
    operation: 'EncryptDatakey',
    action: 'kms:dek:crypto',
    code: 'ok',
    status: 200,
    duration_ms: expect.any(Number),
    project_id: '0dea2644dc80d5d22ff1c01e3ebea6fc',
    access_key_id: expect.stringMatching(/^[A-Z0-9]{20}$/),
    key_id: keyId,
    sequence,
    address: '127.0.0.1',
    msg: 'request',
  })
  const text = JSON.stringify(events).toLowerCase()
  for (const secret of [dek, cipher_text.slice(20, 60), 'context-value', 'sdk-hmac', 'zz']) {
    expect(text).not.toContain(secret.toLowerCase())
  }
})
