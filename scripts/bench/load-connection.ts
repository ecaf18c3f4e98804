import { type Socket, connect } from 'node:net'
import type { PreparedRequest } from './signed-call.js'

/*
 * The end of a connection that makes load. It shares the processors with the server that it loads, so it does next to
 * nothing: a client for general use takes longer for a request than the bare server that the service is compared with.
 */

/** An answer that is whole. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** Who sends over a connection. */
export interface LoadSender {
  /** The connection is free for a request. */
  opened(connection: LoadConnection): void
  answered(connection: LoadConnection, answer: Answer): void
  broke(error: Error): void
}

const HEAD_END = '\r\n\r\n'
const STATUS = /^HTTP\/1\.1 (\d{3}) /
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i
/** An answer of the operations that are measured comes in one read. */
const READ_BYTES = 16 * 1024

/** A persistent connection, which carries one request at a time. */
export class LoadConnection {
  readonly #socket: Socket
  readonly #sender: LoadSender
  #pending: Buffer | undefined
  #ended = false
  /** When its request was sent, in milliseconds of the monotonic clock; after its end it waits for nothing. */
  sentAt = performance.now()
  /** Requests sent so far. */
  sent = 0

  constructor(url: string, sender: LoadSender) {
    const { hostname: host, port } = new URL(url)
    this.#sender = sender
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (length: number, buffer: Uint8Array) => {
        this.#take(buffer.subarray(0, length))
        return true
      },
    }
    this.#socket = connect({ host, port: Number(port), noDelay: true, onread })
    this.#socket.on('connect', () => sender.opened(this))
    this.#socket.on('error', (error) => this.#break(error))
    this.#socket.on('close', () => this.#break(new Error('The server closed the connection.')))
  }

  /** Sends what {@link requestBytes} made. */
  send(bytes: Uint8Array): void {
    this.sent++
    this.sentAt = performance.now()
    this.#socket.write(bytes)
  }

  end(): void {
    this.#ended = true
    this.sentAt = Infinity
    this.#socket.destroy()
  }

  #break(error: Error): void {
    if (!this.#ended) this.#sender.broke(error)
  }

  /** Takes what was read into the buffer that the next read writes over. */
  #take(read: Uint8Array): void {
    const bytes = Buffer.concat(this.#pending ? [this.#pending, read] : [read])
    const end = bytes.indexOf(HEAD_END)
    const answer = end < 0 ? undefined : answerOf(bytes, end)
    if (answer instanceof Error) this.#break(answer)
    else if (answer) {
      this.#pending = undefined
      this.#sender.answered(this, answer)
    } else this.#pending = bytes
  }
}

/** The answer whose head ends at a place; nothing as long as it is not whole. */
function answerOf(bytes: Buffer, headEnd: number): Answer | Error | undefined {
  const head = bytes.toString('latin1', 0, headEnd)
  const [, status] = STATUS.exec(head) ?? []
  const [, length] = CONTENT_LENGTH.exec(head) ?? []
  if (status === undefined || length === undefined) {
    return new Error('The answer has no status or no Content-Length.')
  }
  const bodyAt = headEnd + HEAD_END.length
  if (bytes.length < bodyAt + Number(length)) return undefined
  return { status: Number(status), body: bytes.subarray(bodyAt) }
}

/** The bytes of a request to a server, in HTTP/1.1. */
export function requestBytes(url: string, request: PreparedRequest): Buffer {
  const { method, path, headers, body } = request
  const lines = Object.entries({
    host: new URL(url).host,
    ...headers,
    'content-length': String(body.length),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}
