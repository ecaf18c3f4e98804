import { parentPort, workerData } from 'node:worker_threads'
import { LENGTH_BYTES } from '../byte-channel.js'
import { MessageWriter, decodeMessage } from '../message.js'
import type { AgentStart, CommandRequest, FromAgent } from '../protocol.js'
import { answer, refusal } from './answering.js'
import { Connection, type FoundToken } from './connection.js'

/*
 * A thread of an agent: one session, one PKCS#11 call at a time. Messages come in and go out as bytes that change hands
 * without a copy.
 */

/** What a thread is started with. */
export interface ThreadStart {
  readonly start: AgentStart
  /** What the first thread found; nothing for the first one. */
  readonly found: FoundToken | undefined
}

/** What a thread says: one word about its start, then the replies to each message. */
export type FromThread =
  | { readonly opened: true; readonly found: FoundToken | undefined }
  | Extract<FromAgent, { refused: unknown }>
  | {
      /** Messages for the service, with LENGTH_BYTES free bytes in front. */
      readonly replies: readonly Uint8Array<ArrayBuffer>[]
      /** The process has to end. */
      readonly sick: boolean
    }

const port = parentPort
if (!port) throw new Error('This file runs in a thread of an agent.')

const writer = new MessageWriter()
// Both ends are of one build.
const { start, found } = workerData as ThreadStart

try {
  open()
} catch (error) {
  say(refusal(error))
}

function open(): void {
  const token = found ? Connection.join(start, found) : Connection.open(start)
  serve(token)
  say({ opened: true, found: found ? undefined : token.share() })
}

function serve(token: Connection): void {
  port?.on('message', (message: Uint8Array) => {
    const bytes = Buffer.from(message.buffer)
    const replies: Buffer<ArrayBuffer>[] = []
    const requests = decodeMessage(bytes) as readonly CommandRequest[]
    const well = answer(token, requests, (some) => replies.push(writer.encode(some, LENGTH_BYTES)))
    bytes.fill(0)
    say(
      { replies, sick: !well },
      replies.map(({ buffer }) => buffer),
    )
  })
}

function say(message: FromThread, given: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, given)
}
