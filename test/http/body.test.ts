import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MAX_BODY_BYTES } from '../../src/http/read-body.js'
import { expectError } from './expect-error.js'
import { PROJECT, type TestApp, startApp } from './start-app.js'

const PATH = `/v1.0/${PROJECT}/kms/list-keys`

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

test.each(['application/json', 'Application/JSON;charset=UTF-8', 'application/json ; x=y'])(
  'accepts the media type %s',
  async (type) => {
    const reply = await app.sendSigned('POST', PATH, '{}', { headers: { 'content-type': type } })
    expect(reply.status).toBe(200)
  },
)

test.each(['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', '', 'json'])(
  'refuses the media type "%s"',
  async (type) => {
    const headers = { 'content-type': type }
    expectError(await app.sendSigned('POST', PATH, '{}', { headers }), 'KMS.0214')
  },
)

test('refuses a body without a media type, or compressed', async () => {
  const { 'content-type': type, ...headers } = app.sign('POST', PATH, '{}', {
    headers: { 'content-type': 'application/json' },
  })
  expect(type).toBe('application/json')
  const unsigned = await app.send('POST', PATH, { headers, body: '{}' })
  expectError(unsigned, 'APIGW.0301')
  const gzip = { 'content-encoding': 'gzip' }
  expectError(await app.sendSigned('POST', PATH, '{}', { headers: gzip }), 'KMS.0214')
})

test('refuses bytes that are no UTF-8', async () => {
  const body = Buffer.concat([Buffer.from('{"limit":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])
  expect(expectError(await app.sendSigned('POST', PATH, body), 'KMS.0202')).toContain('UTF-8')
})

test('reads a body of exactly the longest length, and not one byte more', async () => {
  const longest = `{"x":"${'a'.repeat(MAX_BODY_BYTES - 8)}"}`
  expect(longest).toHaveLength(MAX_BODY_BYTES)
  expect((await app.sendSigned('POST', PATH, longest)).status).toBe(200)
  expectError(await app.sendSigned('POST', PATH, `${longest} `), 'KMS.0203')
})

test('refuses a body that is too long without a stated length', async () => {
  const body = 'a'.repeat(3 * MAX_BODY_BYTES)
  const headers = { ...app.sign('POST', PATH, body), 'transfer-encoding': 'chunked' }
  expectError(await app.send('POST', PATH, { headers, body }), 'KMS.0203')
})

test('takes a body in chunks', async () => {
  const headers = { ...app.sign('POST', PATH, '{}'), 'transfer-encoding': 'chunked' }
  expect((await app.send('POST', PATH, { headers, body: '{}' })).status).toBe(200)
})

test('judges credentials before the body', async () => {
  const body = 'a'.repeat(MAX_BODY_BYTES + 1)
  expectError(await app.send('POST', PATH, { body }), 'APIGW.0301')
  const headers = { authorization: 'SDK-HMAC-SHA256 Access=x', 'content-type': 'text/plain' }
  expectError(await app.send('POST', PATH, { headers, body: '[' }), 'APIGW.0301')
})

test('survives JSON that nests deeply or names the members of every object', async () => {
  const deep = `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  expect((await app.sendSigned('POST', PATH, deep)).status).toBe(200)
  const odd = '{"__proto__":{"limit":"x"},"constructor":1,"hasOwnProperty":null,"toString":[]}'
  expect((await app.sendSigned('POST', PATH, odd)).status).toBe(200)
})
