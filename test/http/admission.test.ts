import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { Admission, Overloaded } from '../../src/http/admission.js'
import { expectError } from './expect-error.js'
import { open, readAll } from './raw-socket.js'
import { PLAIN_TEXT } from './sample-body.js'
import { PROJECT, type TestApp, startApp } from './start-app.js'

const REQUESTS = 4
const STALE_MS = 300

let app: TestApp
let keyId: string
let gate: Promise<void> | undefined
beforeAll(async () => {
  app = await startApp({
    app: { admission: new Admission({ requests: REQUESTS, staleMs: STALE_MS }) },
    service: (service) => ({
      ...service,
      keys: {
        ...service.keys,
        find: async (...asked) => {
          await gate
          return service.keys.find(...asked)
        },
      },
    }),
  })
  keyId = await app.createCmk()
})
afterEach(() => {
  gate = undefined
})
afterAll(() => app.close())

function encrypt() {
  const body = { key_id: keyId, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  return app.call('EncryptDatakey', body)
}

test('a request more than are taken on is refused at once, and the others are served', async () => {
  let release: (() => void) | undefined
  gate = new Promise((resolve) => (release = resolve))
  const taken = Array.from({ length: REQUESTS }, encrypt)
  await new Promise((resolve) => setTimeout(resolve, 150))
  const began = performance.now()
  const refused = await Promise.all(Array.from({ length: 8 }, encrypt))
  expect(performance.now() - began).toBeLessThan(2000)
  for (const reply of refused) {
    expectError(reply, 'KMS.0104')
    expect(reply.headers['retry-after']).toBe('1')
  }
  expect(app.events().at(-1)).toMatchObject({ level: 'info', code: 'KMS.0104', status: 503 })
  expect(app.events().at(-1)).not.toHaveProperty('err')
  release?.()
  for (const reply of await Promise.all(taken)) expect(reply.status).toBe(200)
  expect((await encrypt()).status).toBe(200)
})

test('bodies that do not come to their end keep nobody from being served', async () => {
  const path = `/v1.0/${PROJECT}/kms/list-keys`
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 1000\r\n\r\n`
  const sockets = await Promise.all(
    Array.from({ length: 3 * REQUESTS }, async () => {
      const socket = await open(app.url)
      socket.write(`${head}{`)
      return socket
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect((await encrypt()).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

test('long bodies are bounded together, usual ones are not', async () => {
  const path = `/v1.0/${PROJECT}/kms/list-keys`
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 1048576\r\n\r\n`
  const part = Buffer.alloc(1024 * 1024 - 1, 0x20)
  const answers: Promise<string>[] = []
  const sockets = []
  for (let count = 0; count < 80; count++) {
    const socket = await open(app.url)
    sockets.push(socket)
    answers.push(readAll(socket))
    socket.write(head)
    await new Promise((resolve) => socket.write(part, resolve))
  }
  const refused = await Promise.race(answers)
  expect(refused).toMatch(/^HTTP\/1\.1 503 [^]*KMS\.0104/)
  expect((await encrypt()).status).toBe(200)
  for (const socket of sockets) socket.destroy()
  await Promise.all(answers)
  // What they held is free again.
  expect((await app.call('ListKeys', { sequence: 'x'.repeat(100_000) })).status).not.toBe(503)
}, 60_000)

test('the work of a request that came long ago is not begun', () => {
  const admission = new Admission({ requests: 1, staleMs: 100 })
  admission.requireFresh(performance.now() - 50)
  expect(() => admission.requireFresh(performance.now() - 150)).toThrow(Overloaded)
})

test('counts the bytes of long bodies, and gives them back', () => {
  const admission = new Admission({ requests: 1, staleMs: 100 })
  const MIB = 1024 * 1024
  const holds = Array.from({ length: 64 }, () => admission.body())
  for (const hold of holds) hold.add(MIB)
  const more = admission.body()
  more.add(64 * 1024)
  expect(() => Array.from({ length: 64 }, () => more.add(MIB))).toThrow(Overloaded)
  more.release()
  for (const hold of holds) hold.release()
  const again = admission.body()
  for (let count = 0; count < 64; count++) again.add(MIB)
  again.release()
})
