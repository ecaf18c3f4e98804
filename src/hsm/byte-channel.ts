import type { Socket } from 'node:net'

/** Bytes before each message: its length, little-endian. */
export const LENGTH_BYTES = 4

/** Whole messages, as bytes, over a stream: a 4-byte length, then that many bytes. */
export class ByteChannel {
  readonly #socket: Socket
  readonly #receive: (message: Buffer) => void
  #pending: Buffer = Buffer.alloc(0)
  #gathering = false

  /** `end` is called once, when the other side is gone. */
  constructor(socket: Socket, receive: (message: Buffer) => void, end: () => void) {
    this.#socket = socket
    this.#receive = receive
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    // A write to a side that just died ends in an error before the close; the close tells all there is to tell.
    socket.on('error', () => undefined)
    socket.on('close', end)
  }

  /**
   * Sends a message that has LENGTH_BYTES free bytes in front. It is zeroed as soon as the system has taken it, since it may
   * hold a clear DEK.
   */
  send(message: Buffer): void {
    message.writeUInt32LE(message.length - LENGTH_BYTES, 0)
    this.#socket.write(message, () => message.fill(0))
  }

  /** What is sent from now on leaves together, when `later` calls back. */
  gather(later: (leave: () => void) => void): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#socket.cork()
    later(() => {
      this.#gathering = false
      this.#socket.uncork()
    })
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
      const message = bytes.subarray(at + LENGTH_BYTES, end)
      at = end
      this.#receive(message)
    }
    this.#pending = Buffer.from(bytes.subarray(at))
  }
}
