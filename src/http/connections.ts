import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

interface Connection {
  /** Requests that are not answered to their end yet; more than one when the client pipelines. */
  open: number
  /** The latest request, whose body may still be on its way. */
  request: IncomingMessage | undefined
}

/** The connections of a server and what is under way on each, so that none is closed over an unfinished answer. */
export class Connections {
  readonly #connections = new Map<Duplex, Connection>()
  readonly #wires = new Set<Duplex>()
  #closing = false

  /** Takes note of what carries a connection: the same socket, or the one below TLS. */
  addWire(socket: Duplex): void {
    this.#wires.add(socket)
    socket.once('close', () => this.#wires.delete(socket))
  }

  /** Takes note of a new connection. */
  add(socket: Duplex): void {
    this.#connections.set(socket, { open: 0, request: undefined })
    socket.once('close', () => this.#connections.delete(socket))
  }

  /** Takes note of a request, until its answer has ended. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const connection = this.#connections.get(socket)
    if (!connection) return
    connection.open += 1
    connection.request = request
    if (this.#closing) response.setHeader('Connection', 'close')
    response.once('close', () => {
      connection.open -= 1
      if (this.#closing && connection.open === 0) end(socket)
    })
  }

  /**
   * Whether bytes that are no HTTP may be answered on this connection: not while the answer to an earlier request is
   * due, because the client would take the one for the other.
   */
  mayAnswerGarbage(socket: Duplex): boolean {
    const { open, request } = this.#connections.get(socket) ?? { open: 0, request: undefined }
    return open === 0 || (open === 1 && request?.complete === false)
  }

  /** Ends every connection as soon as nothing is under way on it. */
  close(): void {
    this.#closing = true
    for (const [socket, { open }] of this.#connections) if (open === 0) end(socket)
  }

  /** Ends every connection at once, those too that have not finished their TLS handshake. */
  destroy(): void {
    for (const socket of this.#wires) socket.destroy()
  }
}

/** Lets what was written reach the client, and does not wait for the client to close its side. */
function end(socket: Duplex): void {
  socket.end(() => socket.destroy())
}
