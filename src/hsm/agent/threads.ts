import { SHARE_ENV, Worker } from 'node:worker_threads'
import type { AgentStart, FromAgent } from '../protocol.js'
import type { FoundToken } from './connection.js'
import { die } from './die.js'
import { dieWithParent } from './parent-watch.js'
import type { ServiceLine, SharedLine } from './service-line.js'
import type { FromThread, ThreadStart } from './thread.js'

const THREAD = new URL('./thread.js', import.meta.url)

/** A thread makes one call at a time and holds little; small generations keep it near its base size of 8 MB. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 128 }

/** The line of this process, and what the threads make their own ends of it from. */
interface Lines {
  readonly line: ServiceLine
  readonly shared: SharedLine
}

/**
 * The threads of an agent, one for each session, for tokens whose calls wait for a network.
 *
 * Each takes its messages from the socket itself; this thread starts them and sees to the end. The first thread initialises
 * the library, logs in and proves the token, and serves while the others start after it. A fault of the library, or of a
 * thread, ends the process: they all share what is sick.
 */
export class Threads {
  readonly #start: AgentStart
  readonly #lines: Lines
  #opening = 0
  #open = 0

  constructor(start: AgentStart, lines: Lines) {
    this.#start = start
    this.#lines = lines
  }

  open(): void {
    // The end of the line is heard by a thread that waits for a message: while all are in calls there is none.
    dieWithParent()
    this.#spawn()
  }

  #spawn(found?: FoundToken): void {
    this.#opening++
    const workerData: ThreadStart = { start: this.#start, line: this.#lines.shared, found }
    const thread = new Worker(THREAD, { workerData, resourceLimits: LIMITS, env: SHARE_ENV })
    thread.on('message', (message: FromThread) => this.#hear(thread, message))
    // A thread ends by itself only where something is wrong with it.
    thread.on('error', die)
    thread.on('exit', die)
  }

  #hear(thread: Worker, message: FromThread): void {
    if ('gone' in message) {
      this.#end()
      return
    }
    this.#opening--
    if ('refused' in message) {
      thread.off('exit', die)
      this.#refused(message)
      return
    }
    this.#open++
    if (message.found) {
      for (let left = this.#start.sessions - 1; left > 0; left--) this.#spawn(message.found)
    }
    this.#lines.line.send({ started: true, sessions: this.#open })
  }

  #end(): void {
    if (this.#opening > 0) die()
    else process.exit(0)
  }

  /** A token that has fewer sessions left is served with those: others may hold the rest. */
  #refused(message: Extract<FromAgent, { refused: unknown }>): void {
    if (this.#open > 0) return
    this.#lines.line.send(message)
    die()
  }
}
