import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { HsmError } from '../core/hsm.js'
import { Channel } from './channel.js'
import { type Job, hsmError } from './job.js'
import type {
  AgentStart,
  CommandReply,
  CommandRequest,
  FromAgent,
  StartFailure,
  ToAgent,
} from './protocol.js'

const AGENT_MAIN = fileURLToPath(new URL('./agent/main.js', import.meta.url))
const CHANNEL_FD = 3
/** An agent holds one session and a handle cache; a small young generation keeps it near its base size. */
const AGENT_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=128']

/** Why an agent ended, from a closed set. */
export type EndReason = 'crashed' | 'hung' | 'sick' | 'recycled' | 'refused' | 'closed'

/** What the pool hears of an agent. */
export interface AgentListener {
  started(agent: AgentProcess): void
  refused(agent: AgentProcess, failure: StartFailure, message: string): void
  replied(agent: AgentProcess): void
  /** The process is gone; `lost` are the jobs that it did not answer, oldest first. */
  ended(agent: AgentProcess, reason: EndReason, lost: readonly Job[]): void
}

/** The service's side of one agent. */
export class AgentProcess {
  readonly #child: ChildProcess
  readonly #channel: Channel<FromAgent, ToAgent>
  readonly #listener: AgentListener
  readonly #inFlight = new Map<number, Job>()
  readonly #now: () => number
  #nextId = 1
  #reason: EndReason = 'crashed'
  #retiring = false
  /** When the agent last gave a sign of life, in milliseconds. */
  lastProgress: number
  /** Calls handed to it so far. */
  calls = 0

  constructor(
    start: AgentStart,
    environment: Readonly<Record<string, string>>,
    listener: AgentListener,
    now: () => number,
  ) {
    this.#listener = listener
    this.#now = now
    this.lastProgress = now()
    this.#child = spawn(process.execPath, [...AGENT_FLAGS, AGENT_MAIN], {
      // The environment is made from nothing: the library gets the variables of its profile and no secret of ours.
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    })
    const socket = this.#child.stdio[CHANNEL_FD]
    if (!(socket instanceof Socket)) throw new Error('The agent has no channel.')
    this.#channel = new Channel(
      socket,
      (message) => this.#take(message),
      () => this.#child.kill('SIGKILL'),
    )
    this.#child.on('error', () => this.#end())
    this.#child.on('exit', () => this.#end())
    this.#channel.send(start)
  }

  /** Jobs that it has and did not answer yet. */
  get load(): number {
    return this.#inFlight.size
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Hands jobs over in one message. */
  assign(jobs: readonly Job[]): void {
    if (this.#inFlight.size === 0) this.lastProgress = this.#now()
    this.calls += jobs.length
    this.#channel.send(jobs.map((job) => this.#request(job)))
  }

  /** Answers the jobs that arrived before a moment; what the token still says of them is dropped. */
  expire(arrivedBefore: number): void {
    const error = new HsmError('unavailable', 'The HSM did not answer before the deadline.')
    for (const job of this.#inFlight.values()) {
      if (job.arrivedAt <= arrivedBefore) job.settle({ error })
    }
  }

  /** Ends it at once; whatever it had is lost. */
  kill(reason: EndReason): void {
    this.#reason = reason
    this.#child.kill('SIGKILL')
  }

  /** Ends it as soon as it has answered what it has. */
  retire(reason: EndReason): void {
    this.#reason = reason
    this.#retiring = true
    this.#closeWhenIdle()
  }

  #request(job: Job): CommandRequest {
    const id = this.#nextId++
    job.attempts++
    this.#inFlight.set(id, job)
    return { id, command: job.command, args: job.args }
  }

  #take(message: FromAgent): void {
    this.lastProgress = this.#now()
    if ('started' in message) {
      this.#listener.started(this)
    } else if ('refused' in message) {
      this.#reason = 'refused'
      this.#listener.refused(this, message.refused, message.message)
    } else {
      for (const reply of message) this.#settle(reply)
      this.#listener.replied(this)
      this.#closeWhenIdle()
    }
  }

  #settle(reply: CommandReply): void {
    const job = this.#inFlight.get(reply.id)
    if (!job) return
    if ('error' in reply && reply.radius === 'agent') {
      // The agent is about to end; the job is judged with those that it did not come to.
      this.#reason = 'sick'
      job.lastError = reply.error
      return
    }
    this.#inFlight.delete(reply.id)
    job.settle('result' in reply ? reply : { error: hsmError(reply.error) })
  }

  #closeWhenIdle(): void {
    if (this.#retiring && this.#inFlight.size === 0) this.#channel.close()
  }

  #end(): void {
    const lost = [...this.#inFlight.values()]
    this.#inFlight.clear()
    this.#channel.close()
    this.#child.removeAllListeners()
    this.#listener.ended(this, this.#reason, lost)
  }
}
