import type { Socket } from 'node:net'
import { MessageWriter, decodeMessage } from './message.js'

/*
 * Messages between the service and an agent, over the socket pair that is the agent's file descriptor 3:
 * a 4-byte little-endian length, then that many bytes of a message. Both ends are of one build, so the format needs no
 * version.
 */

const LENGTH_BYTES = 4

/** One end of the channel between the service and an agent. */
export class Channel<Incoming, Outgoing> {
  readonly #socket: Socket
  readonly #receive: (message: Incoming) => void
  readonly #writer = new MessageWriter()
  #pending: Buffer = Buffer.alloc(0)

  /** `end` is called once, when the other side is gone. */
  constructor(socket: Socket, receive: (message: Incoming) => void, end: () => void) {
    this.#socket = socket
    this.#receive = receive
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    // A write to a side that just died ends in an error before the close; the close tells all there is to tell.
    socket.on('error', () => undefined)
    socket.on('close', end)
  }

  /** Sends a message; its bytes are zeroed as soon as the system has taken them, since they may hold a clear DEK. */
  send(message: Outgoing): void {
    const bytes = this.#writer.encode(message, LENGTH_BYTES)
    bytes.writeUInt32LE(bytes.length - LENGTH_BYTES, 0)
    this.#socket.write(bytes, () => bytes.fill(0))
  }

  /** Calls back when everything sent so far has left this process. */
  drained(done: () => void): void {
    this.#socket.write(Buffer.alloc(0), done)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    let bytes = chunk
    if (this.#pending.length > 0) {
      bytes = Buffer.concat([this.#pending, chunk])
      this.#pending.fill(0)
      chunk.fill(0)
    }
    let at = 0
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + bytes.readUInt32LE(at)
      if (bytes.length < end) break
      // Byte arrays of the message are views of `bytes`: whoever zeroes them zeroes the only copy.
      const message = decodeMessage(bytes.subarray(at + LENGTH_BYTES, end))
      at = end
      // Both ends are ours, and the type parameter is the agreement between them.
      this.#receive(message as Incoming)
    }
    this.#pending = Buffer.from(bytes.subarray(at))
  }
}
