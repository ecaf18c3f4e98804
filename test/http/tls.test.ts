import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { exchange } from './client.js'
import { type Certificate, selfSigned } from './self-signed.js'
import { type TestApp, startApp } from './start-app.js'

const server = selfSigned('localhost')
const client = selfSigned('a client')
const stranger = selfSigned('a stranger')

let open: TestApp
let mutual: TestApp
beforeAll(async () => {
  open = await startApp({ server: { tls: server } })
  mutual = await startApp({ server: { tls: { ...server, clientCa: client.cert } } })
})
afterAll(async () => {
  await open.close()
  await mutual.close()
})

function get(app: TestApp, identity?: Certificate) {
  const tls = { ca: server.cert, ...identity }
  return exchange({ method: 'GET', origin: app.url, path: '/v1.0', tls })
}

test('serves over TLS, and names itself by https', async () => {
  expect(open.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const { json } = await get(open)
  expect(json['version']).toMatchObject({ links: [{ href: `${open.url}/v1.0/`, rel: 'self' }] })
})

test('lets in only clients of the authority that it was given', async () => {
  expect((await get(mutual, client)).status).toBe(200)
  await expect(get(mutual)).rejects.toThrow()
  await expect(get(mutual, stranger)).rejects.toThrow()
})

test('closes while a client has not finished its handshake', async () => {
  const app = await startApp({ server: { tls: server } })
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await app.close()
  await closed
})
