import type { Socket } from 'node:net'
import { LENGTH_BYTES } from './message-form.js'
import { decodeMessage } from './message-reader.js'
import { MessageWriter } from './message-writer.js'

/*
 * Messages between the service and an agent, over the socket pair that is the agent's file descriptor 3. Both ends are of
 * one build, so the format needs no version.
 */

/** The end of the channel that lives in an event loop: that of the service. */
export class Channel<Incoming, Outgoing> {
  readonly #socket: Socket
  readonly #receive: (message: Incoming) => void
  readonly #writer = new MessageWriter()
  #pending: Buffer = Buffer.alloc(0)
  #gathering = false

  /**
   * Byte arrays of a message are views of what arrived: whoever zeroes them zeroes the only copy. `end` is called once, when
   * the other side is gone.
   */
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
    const bytes = this.#writer.encode(message)
    this.#socket.write(bytes, () => bytes.fill(0))
  }

  /** What is sent from now on leaves together, at the end of this turn of the event loop. */
  gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#gathering = false
      this.#socket.uncork()
    })
  }

  /** Sends no more: the other side reads the end of the stream when it has read the rest, and may still send. */
  end(): void {
    this.#socket.end()
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
      const message = bytes.subarray(at + LENGTH_BYTES, end)
      at = end
      // Both ends are ours, and the type parameter is the agreement between them.
      this.#receive(decodeMessage(message) as Incoming)
    }
    this.#pending = Buffer.from(bytes.subarray(at))
  }
}
