import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { startServer } from '../../src/http/server.js'
import { startLog } from '../../src/telemetry/log.js'
import { open, readAll } from './raw-socket.js'

const log = startLog('silent', { write: () => undefined })
const local = { host: '127.0.0.1', port: 0, log }
/** Starts a server whose application is a plain listener. */
function start(listener: RequestListener, options = local) {
  return startServer({ listener, messages: { IncomingMessage, ServerResponse } }, options)
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

test('finishes what is under way, and closes the connection with it', async () => {
  const release: (() => void)[] = []
  const server = await start((_request, response) => {
    release.push(() => response.end('done'))
  })
  const socket = await open(server.url)
  const answer = readAll(socket)
  socket.write(GET)
  while (release.length === 0) await pause(5)
  const closed = server.close(5000)
  await pause(30)
  await expect(open(server.url)).rejects.toThrow('ECONNREFUSED')
  release[0]?.()
  await closed
  expect(await answer).toMatch(/^HTTP\/1\.1 200 OK[^]*done/)
})

test('tells clients with the last answer that nothing follows it', async () => {
  const release: (() => void)[] = []
  const server = await start((_request, response) => {
    release.push(() => response.end('done'))
  })
  const one = await open(server.url)
  const two = await open(server.url)
  const answers = [readAll(one), readAll(two)]
  one.write(GET)
  two.write(GET)
  two.write(GET)
  while (release.length < 3) await pause(5)
  const closed = server.close(5000)
  for (const answer of release) answer()
  await closed
  const [single = '', piped = ''] = await Promise.all(answers)
  expect(single.match(/^Connection: .*$/gm)).toEqual(['Connection: close'])
  // A pipeline is answered to its end.
  expect(piped.match(/^Connection: .*$/gm)).toEqual(['Connection: keep-alive', 'Connection: close'])
  expect(piped.match(/done/g)).toHaveLength(2)
})

test('ends idle connections at once, those too that never sent a request', async () => {
  const server = await start((_request, response) => response.end('done'))
  const fresh = await open(server.url)
  const used = await open(server.url)
  used.write(GET)
  await new Promise((resolve) => used.once('data', resolve))
  const answers = [readAll(fresh), readAll(used)]
  const began = Date.now()
  await server.close(5000)
  await Promise.all(answers)
  expect(Date.now() - began).toBeLessThan(1000)
})

test('cuts off what takes longer than the grace', async () => {
  const server = await start(() => undefined)
  const socket = await open(server.url)
  const answer = readAll(socket)
  socket.write(GET)
  await pause(30)
  const began = Date.now()
  await server.close(100)
  expect(await answer).toBe('')
  expect(Date.now() - began).toBeLessThan(2000)
})

test('keeps a connection for the next request', async () => {
  const server = await start((_request, response) => response.end('done'))
  const socket = await open(server.url)
  for (let count = 0; count < 3; count += 1) {
    socket.write(GET)
    const chunk = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(chunk.toString()).toContain('keep-alive')
  }
  await server.close(1000)
})

test('says so when the address is taken', async () => {
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  const { port } = blocker.address() as AddressInfo
  await expect(start(() => undefined, { ...local, port })).rejects.toThrow('EADDRINUSE')
  await new Promise((resolve) => blocker.close(resolve))
})

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
