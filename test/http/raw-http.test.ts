import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { open, readAll, talk } from './raw-socket.js'
import { PROJECT, type TestApp, startApp } from './start-app.js'

const PATH = `/v1.0/${PROJECT}/kms/list-keys`

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

/** The only answer in what came back, taken apart. */
function only(raw: string): { status: number; json: Record<string, unknown>; head: string } {
  const [head = '', body = ''] = raw.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  return { status, head, json: JSON.parse(body) as Record<string, unknown> }
}

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a method that does not exist', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a blank in a header name', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
  [
    'two lengths',
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
  ],
  [
    'a length and chunks',
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  ['a length that is no number', `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n`],
  ['another Expect', `GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n`],
  ['a TLS hello', Buffer.from('1603010200010001fc0303', 'hex')],
])('answers %s with a 400 in its own form', async (_what, bytes) => {
  const { status, json, head } = only(await talk(app.url, bytes))
  expect([status, json]).toEqual([
    400,
    {
      error_code: 'APIGW.0602',
      error_msg: expect.stringMatching(/\.$/),
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  ])
  expect(head.split('\r\n')).toEqual(
    expect.arrayContaining([
      `X-Request-Id: ${String(json['request_id'])}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
      'Referrer-Policy: no-referrer',
    ]),
  )
  expect(app.events()).toContainEqual(
    expect.objectContaining({ request_id: json['request_id'], code: 'APIGW.0602' }),
  )
})

test('answers headers that are too large with a 431', async () => {
  const request = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`
  const { status, json } = only(await talk(app.url, request))
  expect([status, json['error_code']]).toEqual([431, 'APIGW.0201'])
})

test.each([
  'OPTIONS *',
  'GET *',
  'GET http://[',
  'POST http://[::1',
  'GET //',
  'GET /%',
  'GET /#?',
])('routes the odd target of %s', async (target) => {
  const raw = await talk(app.url, `${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  const { status, json } = only(raw)
  expect([200, 404, 405]).toContain(status)
  if (status !== 200) expect(json['request_id']).toMatch(/^[0-9a-f]{32}$/)
})

test('asks for the body of a signed request that waits for it', async () => {
  const headers = { ...app.sign('POST', PATH, '{}'), expect: '100-continue', connection: 'close' }
  const head = [`POST ${PATH} HTTP/1.1`, 'content-length: 2']
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
  const raw = await talk(app.url, `${head.join('\r\n')}\r\n\r\n`, '{}')
  expect(raw).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
})

test('refuses an unsigned request that waits, without asking for its body', async () => {
  const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n`
  expect(await talk(app.url, head)).toMatch(/^HTTP\/1\.1 401 /)
})

test('refuses at once a body whose stated length nobody would read', async () => {
  const headers = { ...app.sign('POST', PATH, ''), 'content-length': String(1e12) }
  const head = [`POST ${PATH} HTTP/1.1`]
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
  const { status, json } = only(await talk(app.url, `${head.join('\r\n')}\r\n\r\n`))
  expect([status, json['error_code']]).toEqual([400, 'KMS.0203'])
})

test('stops reading a body that has no end', async () => {
  const headers = { ...app.sign('POST', PATH, ''), 'transfer-encoding': 'chunked' }
  const head = [`POST ${PATH} HTTP/1.1`]
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
  const socket = await open(app.url)
  const answer = readAll(socket)
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`
  for (let sent = 0; sent < 400 && socket.writable; sent += 1) {
    if (!socket.write(chunk)) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const raw = await answer
  if (raw !== '') expect(only(raw).json['error_code']).toBe('KMS.0203')
  const events = app.events().filter((event) => event['code'] === 'KMS.0203')
  expect(events.length).toBeGreaterThan(0)
}, 20_000)

test('does not answer garbage while an earlier answer is due', async () => {
  const body = JSON.stringify({ random_data_length: '64' })
  const path = `/v1.0/${PROJECT}/kms/gen-random`
  const head = [`POST ${path} HTTP/1.1`, `content-length: ${body.length}`]
  for (const [name, value] of Object.entries(app.sign('POST', path, body))) {
    head.push(`${name}: ${value}`)
  }
  const raw = await talk(app.url, `${head.join('\r\n')}\r\n\r\n${body}garbage\r\n\r\n`)
  // The garbage came in one piece with the request: its complaint must not pass for the answer.
  expect(raw).not.toMatch(/^HTTP\/1\.1 400/)
})

test('notes a client that goes away, and goes on', async () => {
  const headers = { ...app.sign('POST', PATH, '{"limit":"1"}'), 'content-length': '13' }
  const head = [`POST ${PATH} HTTP/1.1`]
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
  const socket = await open(app.url)
  socket.write(`${head.join('\r\n')}\r\n\r\n{"li`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(app.events()).toContainEqual(
    expect.objectContaining({ operation: 'ListKeys', code: 'aborted', msg: 'request' }),
  )
  expect((await app.call('ListKeys', {})).status).toBe(200)
})
