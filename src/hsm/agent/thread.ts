import { parentPort, workerData } from 'node:worker_threads'
import type { AgentStart, FromAgent } from '../protocol.js'
import { answer, refusal } from './answering.js'
import { Connection, type FoundToken } from './connection.js'
import { die } from './die.js'
import { ServiceLine, type SharedLine } from './service-line.js'

/*
 * A thread of an agent: one session, one PKCS#11 call at a time. Its messages come from the service's socket and go back
 * there; to the main thread it speaks of its start and of its end alone.
 */

/** What a thread is started with. */
export interface ThreadStart {
  readonly start: AgentStart
  readonly line: SharedLine
  /** What the first thread found; nothing for the first one. */
  readonly found: FoundToken | undefined
}

/** What a thread says to the main thread. */
export type FromThread =
  | { readonly opened: true; readonly found: FoundToken | undefined }
  | Extract<FromAgent, { refused: unknown }>
  /** The service is gone, and no thread is in a call. */
  | { readonly gone: true }

const port = parentPort
if (!port) throw new Error('This file runs in a thread of an agent.')

// Both ends are of one build.
const { start, found, line: shared } = workerData as ThreadStart
const line = new ServiceLine(shared)

let token: Connection | undefined
try {
  token = found ? Connection.join(start, found) : Connection.open(start)
} catch (error) {
  say(refusal(error))
}
if (token) serve(token)

function serve(own: Connection): void {
  say({ opened: true, found: found ? undefined : own.share() })
  const end = line.serve((requests) => answer(own, requests, (reply) => line.send(reply)))
  if (end === 'sick' || line.isBusy) die()
  else say({ gone: true })
}

function say(message: FromThread): void {
  port?.postMessage(message)
}
