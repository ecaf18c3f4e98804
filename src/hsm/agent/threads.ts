import { SHARE_ENV, Worker } from 'node:worker_threads'
import { type ByteChannel, LENGTH_BYTES } from '../byte-channel.js'
import { MessageWriter } from '../message.js'
import type { AgentStart, FromAgent } from '../protocol.js'
import type { FoundToken } from './connection.js'
import type { FromThread, ThreadStart } from './thread.js'

const THREAD = new URL('./thread.js', import.meta.url)

/** A thread makes one call at a time and holds little; small generations keep it near its base size of 8 MB. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 128 }

/**
 * The threads of an agent, one for each session, for tokens whose calls wait for a network.
 *
 * This thread only hands on bytes: each message goes to a thread that is idle, or waits for the next one that will be.
 * The first thread initialises the library, logs in and proves the token, and serves while the others start after it. A fault of the
 * library, or of a thread, ends the process: they all share what is sick.
 */
export class Threads {
  readonly #start: AgentStart
  readonly #channel: ByteChannel
  readonly #idle: Worker[] = []
  readonly #waiting: Buffer<ArrayBuffer>[] = []
  #opening = 0
  #open = 0
  #ending = false

  constructor(start: AgentStart, channel: ByteChannel) {
    this.#start = start
    this.#channel = channel
    this.#spawn()
  }

  /** Hands a message to a thread that is idle; oldest first. The bytes given are zeroed. */
  take(message: Buffer): void {
    // A buffer of its own, so that it can be given away and no copy stays here.
    const own = Buffer.allocUnsafeSlow(message.length)
    message.copy(own)
    message.fill(0)
    this.#waiting.push(own)
    this.#pump()
  }

  /** The service is gone, or wants the agent to go. */
  end(): void {
    this.#ending = true
    if (this.#idle.length === this.#open && this.#opening === 0) process.exit(0)
    die()
  }

  #pump(): void {
    while (!this.#ending && this.#waiting.length > 0) {
      const thread = this.#idle.pop()
      if (!thread) return
      const message = this.#waiting.shift()
      if (message) thread.postMessage(message, [message.buffer])
    }
  }

  #spawn(found?: FoundToken): void {
    this.#opening++
    const workerData: ThreadStart = { start: this.#start, found }
    const thread = new Worker(THREAD, { workerData, resourceLimits: LIMITS, env: SHARE_ENV })
    thread.on('message', (message: FromThread) => this.#hear(thread, message))
    // A thread ends by itself only where something is wrong with it.
    thread.on('error', die)
    thread.on('exit', die)
  }

  #hear(thread: Worker, message: FromThread): void {
    if ('replies' in message) {
      // Those of several threads arrive in one turn of the event loop.
      this.#channel.gather(setImmediate)
      for (const { buffer } of message.replies) this.#channel.send(Buffer.from(buffer))
      if (message.sick) this.#endSick()
      else this.#rest(thread)
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
    this.#send({ started: true, sessions: this.#open })
    this.#rest(thread)
  }

  #rest(thread: Worker): void {
    this.#idle.push(thread)
    this.#pump()
  }

  /** A token that has fewer sessions left is served with those: others may hold the rest. */
  #refused(message: Extract<FromAgent, { refused: unknown }>): void {
    if (this.#open > 0) return
    this.#send(message)
    this.#endSick()
  }

  #send(message: FromAgent): void {
    this.#channel.send(new MessageWriter().encode(message, LENGTH_BYTES))
  }

  #endSick(): void {
    this.#ending = true
    this.#channel.drained(die)
  }
}

/** A process with a thread in a call that hangs ends by a signal alone: a proper exit waits for its threads. */
function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
