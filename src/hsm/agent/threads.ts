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
/** A session that the token refused is asked for again after this time, and each time after twice as long. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** The line of this process, and what the threads make their own ends of it from. */
interface Lines {
  readonly line: ServiceLine
  readonly shared: SharedLine
}

/**
 * The threads of an agent, one for each session, for tokens whose calls wait for a network.
 *
 * Each takes its messages from the socket itself; this thread starts them and sees to the end. The first thread initialises
 * the library, logs in and proves the token, and serves while the others start after it. A session that the token refuses
 * to one of them is asked for again, since another replica that ends may give it back. A fault of the library, or of a
 * thread, ends the process: they all share what is sick.
 */
export class Threads {
  readonly #start: AgentStart
  readonly #lines: Lines
  /** What the first thread found. */
  #found: FoundToken | undefined
  #opening = 0
  #open = 0
  #pauseMs = FIRST_PAUSE_MS
  #timer: NodeJS.Timeout | undefined

  constructor(start: AgentStart, lines: Lines) {
    this.#start = start
    this.#lines = lines
  }

  open(): void {
    // The end of the line is heard by a thread that waits for a message: while all are in calls there is none.
    dieWithParent()
    this.#spawn()
  }

  #spawn(): void {
    this.#opening++
    const workerData: ThreadStart = {
      start: this.#start,
      line: this.#lines.shared,
      found: this.#found,
    }
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
      this.#found = message.found
      while (this.#isShort) this.#spawn()
    } else if (!this.#timer) {
      this.#pauseMs = FIRST_PAUSE_MS
      this.#spawnMissing()
    }
    this.#lines.line.send({ started: true, sessions: this.#open })
  }

  /** Whether there are fewer threads than wanted, those included that are still being started. */
  get #isShort(): boolean {
    return this.#open + this.#opening < this.#start.sessions
  }

  /** One at a time: where it is refused, the others would be as well. */
  #spawnMissing(): void {
    if (this.#isShort) this.#spawn()
  }

  #end(): void {
    if (this.#opening > 0) die()
    else process.exit(0)
  }

  /** A token that has fewer sessions left is served with those meanwhile: others may hold the rest. */
  #refused(message: Extract<FromAgent, { refused: unknown }>): void {
    if (this.#open === 0) {
      this.#lines.line.send(message)
      die()
    }
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#spawnMissing()
    }, this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
  }
}
