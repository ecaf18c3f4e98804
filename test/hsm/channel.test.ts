import { once } from 'node:events'
import { type AddressInfo, Socket, createServer } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Channel } from '../../src/hsm/channel.js'
import { BrokenMessage, LENGTH_BYTES } from '../../src/hsm/message-form.js'
import { decodeMessage } from '../../src/hsm/message-reader.js'
import { MessageWriter } from '../../src/hsm/message-writer.js'

interface Message {
  readonly id: number
  readonly bytes: Uint8Array
}

const open: Socket[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
})

/** Two ends of a real connection. */
async function pair(): Promise<readonly [Socket, Socket]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const near = new Socket().connect(port, '127.0.0.1')
  const [far] = (await accepted) as [Socket]
  server.close()
  open.push(near, far)
  return [near, far]
}

test('messages of every size arrive whole and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 12 }),
      async (sizes) => {
        const [near, far] = await pair()
        const sent = sizes.map((size, id) => ({ id, bytes: Buffer.alloc(size, id + 1) }))
        const received: Message[] = []
        await new Promise<void>((resolve) => {
          new Channel<Message, Message>(
            far,
            (message) => {
              received.push({ id: message.id, bytes: Buffer.from(message.bytes) })
              if (received.length === sent.length) resolve()
            },
            () => undefined,
          )
          const channel = new Channel<Message, Message>(
            near,
            () => undefined,
            () => undefined,
          )
          for (const message of sent) channel.send(message)
        })
        expect(received.map(({ id }) => id)).toEqual(sent.map(({ id }) => id))
        for (const [index, { bytes }] of received.entries()) {
          expect(Buffer.compare(bytes, sent[index]?.bytes ?? Buffer.alloc(0))).toBe(0)
        }
        near.destroy()
        far.destroy()
      },
    ),
    { numRuns: 25 },
  )
})

test('a message that arrives byte by byte is put together', async () => {
  const [near, far] = await pair()
  const chunks: Buffer[] = []
  far.on('data', (chunk: Buffer) => chunks.push(chunk))
  new Channel<Message, Message>(
    near,
    () => undefined,
    () => undefined,
  ).send({
    id: 7,
    bytes: Buffer.from('in pieces'),
  })
  await once(far, 'data')
  const [slowly, receiver] = await pair()
  const received = new Promise<Message>((resolve) => {
    new Channel<Message, Message>(receiver, resolve, () => undefined)
  })
  for (const byte of Buffer.concat(chunks)) {
    slowly.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { id, bytes } = await received
  expect([id, Buffer.from(bytes).toString()]).toEqual([7, 'in pieces'])
})

test('the end of the other side is told once', async () => {
  const [near, far] = await pair()
  let ends = 0
  const ended = new Promise<void>((resolve) => {
    new Channel<Message, Message>(
      near,
      () => undefined,
      () => {
        ends++
        resolve()
      },
    )
  })
  far.destroy()
  await ended
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(ends).toBe(1)
})

test('every value that may be sent comes back, and its bytes are views of the message', () => {
  const writer = new MessageWriter()
  const value: fc.Memo<unknown> = fc.memo((depth) =>
    depth <= 1
      ? leaf
      : fc.oneof(
          leaf,
          fc.array(value(depth - 1), { maxLength: 5 }),
          fc.dictionary(
            fc.string().filter((name) => name !== '__proto__'),
            value(depth - 1),
            { maxKeys: 5, noNullPrototype: true },
          ),
        ),
  )
  fc.assert(
    fc.property(value(4), (sent) => {
      const message = writer.encode(sent)
      expect(plain(decodeMessage(message.subarray(LENGTH_BYTES)))).toEqual(plain(sent))
    }),
    { numRuns: 500 },
  )
  const message = writer.encode({ secret: Buffer.from('marked') })
  const { secret } = decodeMessage(message.subarray(LENGTH_BYTES)) as {
    readonly secret: Uint8Array
  }
  secret.fill(0)
  expect(message.includes('marked')).toBe(false)
})

test('the names of a common call are sent as numbers', () => {
  const key = { keyId: 'a-key', version: 1 }
  const binding = { key, before: Buffer.alloc(3), after: Buffer.alloc(3) }
  const args = [{ key, secret: Buffer.alloc(3), binding }]
  const request = new MessageWriter().encode([{ id: 7, command: 'wrap', args, until: 8 }])
  const result = { wrapped: Buffer.alloc(3), tag: Buffer.alloc(3) }
  const reply = new MessageWriter().encode([{ id: 7, result }])
  const letters = [...request, ...reply].map((byte) => String.fromCharCode(byte)).join('')
  expect(letters.replaceAll('a-key', '')).not.toMatch(/[a-z]{2}/i)
})

test('bytes that are no message are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeMessage(Buffer.from(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(BrokenMessage)
      }
    }),
  )
  expect(() => new MessageWriter().encode(1n)).toThrow(BrokenMessage)
})

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 300 }),
)

/** Byte arrays as text, so that views and arrays compare alike. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}
