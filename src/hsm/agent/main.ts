import { Socket } from 'node:net'
import { ByteChannel, LENGTH_BYTES } from '../byte-channel.js'
import { MessageWriter, decodeMessage } from '../message.js'
import type { AgentStart, CommandRequest, FromAgent } from '../protocol.js'
import { answer, refusal } from './answering.js'
import { Connection } from './connection.js'
import { endWithService } from './end-with-service.js'
import { Threads } from './threads.js'

/*
 * The agent: a process with one PKCS#11 library. With one session it makes one call at a time in its only thread; with
 * more, each session has a thread. It ends with the channel, and by a signal where its only thread is in a call then;
 * signals of the terminal are the service's business.
 */

const CHANNEL_FD = 3

process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

const writer = new MessageWriter()
const channel = new ByteChannel(
  new Socket({ fd: CHANNEL_FD }),
  (message) => receive(message),
  () => end(),
)
let receive = start
let end = leave

function leave(): void {
  process.exit(0)
}

function start(message: Buffer): void {
  // Both ends of the channel are of one build.
  const wish = decodeMessage(message) as AgentStart
  if (wish.sessions === 1) {
    serveAlone(wish)
  } else {
    const threads = new Threads(wish, channel)
    receive = (request) => threads.take(request)
    end = () => threads.end()
  }
}

function serveAlone(wish: AgentStart): void {
  endWithService()
  let token: Connection
  try {
    token = Connection.open(wish)
  } catch (error) {
    send(refusal(error))
    channel.drained(() => process.exit(1))
    return
  }
  send({ started: true, sessions: 1 })
  receive = (message) => {
    if (answer(token, decodeMessage(message) as readonly CommandRequest[], send)) return
    channel.drained(() => process.exit(1))
  }
}

function send(message: FromAgent): void {
  channel.send(writer.encode(message, LENGTH_BYTES))
}
