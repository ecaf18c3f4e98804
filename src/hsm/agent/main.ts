import type { AgentStart } from '../protocol.js'
import { answer, refusal } from './answering.js'
import { Connection } from './connection.js'
import { endWithService } from './end-with-service.js'
import { ServiceLine } from './service-line.js'
import { Threads } from './threads.js'

/*
 * The agent: a process with one PKCS#11 library. With one session it makes one call at a time in its only thread; with
 * more, each session has a thread. It ends with the channel, and by a signal where a thread is in a call then; signals of
 * the terminal are the service's business.
 */

process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

const shared = ServiceLine.shared()
const line = new ServiceLine(shared)
const start = line.start()
if (start === undefined) process.exit(0)
if (start.sessions === 1) serveAlone(start)
else new Threads(start, { line, shared }).open()

function serveAlone(wish: AgentStart): void {
  endWithService()
  let token: Connection
  try {
    token = Connection.open(wish)
  } catch (error) {
    line.send(refusal(error))
    process.exit(1)
  }
  line.send({ started: true, sessions: 1 })
  const end = line.serve((requests) => answer(token, requests, (reply) => line.send(reply)))
  process.exit(end === 'gone' ? 0 : 1)
}
