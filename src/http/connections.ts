import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** A request whose answer has not ended yet. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The client was told with this answer that it is the last. */
  last: boolean
}

/** So many connections a process holds; whoever comes beyond is closed at once. */
export const MOST_CONNECTIONS = 8192

/** The connections of a server and what is under way on each, so that none is closed over an unfinished answer. */
export class Connections {
  /** What is under way on each, oldest first; more than one where the client pipelines. */
  readonly #connections = new Map<Duplex, Exchange[]>()
  readonly #wires = new Set<Duplex>()
  #closing = false
  #gone: (() => void) | undefined

  /** Takes note of what carries a connection: the same socket, or the one below TLS. */
  addWire(socket: Duplex): void {
    if (this.#wires.size >= MOST_CONNECTIONS) {
      socket.destroy()
      return
    }
    this.#wires.add(socket)
    socket.once('close', () => {
      this.#wires.delete(socket)
      if (this.#wires.size === 0) this.#gone?.()
    })
  }

  /** Takes note of a new connection. */
  add(socket: Duplex): void {
    this.#connections.set(socket, [])
    socket.once('close', () => this.#connections.delete(socket))
  }

  /** Takes note of a request, until its answer has ended. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const open = this.#connections.get(socket)
    if (!open) return
    const exchange = { request, response, last: false }
    open.push(exchange)
    if (this.#closing) sayLast(open)
    response.once('close', () => {
      open.splice(open.indexOf(exchange), 1)
      if (this.#closing && open.length === 0) end(socket)
    })
  }

  /**
   * Whether bytes that are no HTTP may be answered on this connection: not while the answer to an earlier request is
   * due, because the client would take the one for the other.
   */
  mayAnswerGarbage(socket: Duplex): boolean {
    const open = this.#connections.get(socket) ?? []
    return open.length === 0 || (open.length === 1 && open[0]?.request.complete === false)
  }

  /** Ends every connection as soon as nothing is under way on it. */
  close(): void {
    this.#closing = true
    for (const [socket, open] of this.#connections) {
      if (open.length === 0) end(socket)
      else sayLast(open)
    }
  }

  /** Resolves when there is none. */
  gone(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#wires.size === 0) resolve()
      else this.#gone = resolve
    })
  }

  /** Ends every connection at once, those too that have not finished their TLS handshake. */
  destroy(): void {
    for (const socket of this.#wires) socket.destroy()
  }
}

/** Tells the client with the last answer under way that nothing follows it; the answers before it must not say so. */
function sayLast(open: readonly Exchange[]): void {
  for (const [index, exchange] of open.entries()) {
    const { response } = exchange
    if (response.headersSent) continue
    if (index === open.length - 1) response.setHeader('Connection', 'close')
    else if (exchange.last) response.removeHeader('Connection')
    exchange.last = index === open.length - 1
  }
}

/** Lets what was written reach the client, and does not wait for the client to close its side. */
function end(socket: Duplex): void {
  socket.end(() => socket.destroy())
}
