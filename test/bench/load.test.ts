import { type IncomingMessage, type RequestListener, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { runLoad } from '../../scripts/bench/load.js'

const never = new AbortController().signal
const requests = ['one', 'two', 'three'].map((body) => ({
  method: 'POST' as const,
  path: '/place',
  headers: { 'x-mark': body },
  body: Buffer.from(body),
}))

test('sends the requests in turn and counts the answers', async () => {
  const seen: string[] = []
  const { figures, sample } = await loadOn((request, response) => {
    void readText(request).then((text) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''} ${text}`)
      response.end(`${text}, ${String(request.headers['x-mark'])}`)
    })
  })
  expect(seen).toEqual(['one', 'two', 'three', 'one', 'two', 'three', 'one'].map(posted))
  expect(figures.requests).toBe(7)
  expect(figures.p99_ms).toBeGreaterThanOrEqual(figures.p50_ms)
  expect(sample).toBe('one, one')
})

test('fails when one answer of many is no success', async () => {
  let count = 0
  const run = loadOn((request, response) => {
    request.resume()
    response.statusCode = ++count === 5 ? 503 : 200
    response.end()
  })
  await expect(run).rejects.toThrow('1 of status 503')
})

test('fails when a connection breaks', async () => {
  let count = 0
  const run = loadOn((request, response) => {
    request.resume()
    if (++count === 3) request.socket.resetAndDestroy()
    else response.end()
  })
  await expect(run).rejects.toThrow('did not answer every request')
})

test('reads an answer that comes in pieces', async () => {
  const { figures, sample } = await loadOn(({ socket }) => {
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
    void (async () => {
      for (const byte of bytes) await new Promise((next) => socket.write(Buffer.of(byte), next))
    })()
  })
  expect([figures.requests, sample]).toEqual([7, 'whole'])
})

test('stops when it is told to', async () => {
  const interruption = new AbortController()
  const run = loadOn((request, response) => {
    request.resume()
    interruption.abort()
    response.end()
  }, interruption.signal)
  await expect(run).rejects.toThrow('aborted')
})

async function loadOn(listener: RequestListener, signal = never) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await runLoad(
      {
        server: {
          name: 'The server',
          pid: process.pid,
          url: `http://127.0.0.1:${port}`,
          kill: () => undefined,
          requireAlive: () => Promise.resolve(),
          stop: () => Promise.resolve(),
        },
        requests,
        connections: 1,
        until: { requests: 7 },
      },
      signal,
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

function posted(text: string): string {
  return `POST /place ${text}`
}
