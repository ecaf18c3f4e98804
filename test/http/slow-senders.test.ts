import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PROJECT, type TestApp, startApp } from './start-app.js'

/** Limits of the listener, and how often it looks: see `src/http/server.ts`. */
const LATEST_MS = 30_000 + 5_000 + 10_000

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

/** Sends a beginning, then a byte now and then; returns how long it took until the connection was closed, and what came. */
function drip(
  beginning: string,
  byte: string,
): Promise<{ readonly ms: number; readonly answer: string }> {
  const { port } = new URL(app.url)
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.write(beginning)
    const timer = setInterval(() => socket.write(byte), 500)
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ ms: performance.now() - startedAt, answer })
    })
  })
}

test('whoever sends headers or a body byte by byte is cut off, and keeps nobody else waiting', async () => {
  const path = `/v1.0/${PROJECT}/kms/list-keys`
  const dripping = Promise.all([
    drip(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-Slow: `, 'a'),
    drip(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 100000\r\n\r\n`,
      ' ',
    ),
  ])
  expect((await app.call('ListKeys', {})).status).toBe(200)
  const [headers, body] = await dripping
  expect(headers.ms).toBeLessThan(LATEST_MS - 15_000)
  expect(headers.ms).toBeGreaterThan(14_000)
  expect(body.ms).toBeLessThan(LATEST_MS)
  expect(headers.answer).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect((await app.call('ListKeys', {})).status).toBe(200)
}, 60_000)
