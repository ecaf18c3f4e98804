import type { Socket } from 'node:net'
import { ByteChannel, LENGTH_BYTES } from './byte-channel.js'
import { MessageWriter, decodeMessage } from './message.js'

/*
 * Messages between the service and an agent, over the socket pair that is the agent's file descriptor 3. Both ends are of
 * one build, so the format needs no version.
 */

/** One end of the channel between the service and an agent. */
export class Channel<Incoming, Outgoing> {
  readonly #bytes: ByteChannel
  readonly #writer = new MessageWriter()

  /** `end` is called once, when the other side is gone. */
  constructor(socket: Socket, receive: (message: Incoming) => void, end: () => void) {
    // Byte arrays of a message are views of what arrived: whoever zeroes them zeroes the only copy.
    // Both ends are ours, and the type parameter is the agreement between them.
    this.#bytes = new ByteChannel(
      socket,
      (message) => receive(decodeMessage(message) as Incoming),
      end,
    )
  }

  /** Sends a message; its bytes are zeroed as soon as the system has taken them, since they may hold a clear DEK. */
  send(message: Outgoing): void {
    this.#bytes.send(this.#writer.encode(message, LENGTH_BYTES))
  }

  /** What is sent from now on leaves together, at the end of this turn of the event loop. */
  gather(): void {
    this.#bytes.gather((leave) => process.nextTick(leave))
  }

  close(): void {
    this.#bytes.close()
  }
}
