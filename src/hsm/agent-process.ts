import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { FaultClass, FunctionFigure } from '../core/hsm-observer.js'
import { Channel } from './channel.js'
import type { EndReason } from './end-reason.js'
import { Flights } from './flights.js'
import { type Job, answerOf, handOver } from './job.js'
import type {
  AgentStart,
  CommandError,
  CommandReply,
  FromAgent,
  StartFailure,
  ToAgent,
} from './protocol.js'

const AGENT_MAIN = fileURLToPath(new URL('./agent/main.js', import.meta.url))
const CHANNEL_FD = 3
/** An agent holds one session and a handle cache; a small young generation keeps it near its base size. */
const AGENT_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=128']

/**
 * An agent that is told to end does so when it is back from its library, e.g. from a login: SoftHSM 2.6.1 writes the token's
 * own file then, and a process killed in the middle leaves a token that nobody finds again.
 */
const END_GRACE_MS = 2000

type FailedReply = Extract<CommandReply, { error: unknown }>

/** What the pool hears of an agent. */
export interface AgentListener {
  started(agent: AgentProcess): void
  refused(agent: AgentProcess, failure: StartFailure, message: string): void
  replied(agent: AgentProcess): void
  /** It has more sessions than when it started. */
  grew(agent: AgentProcess): void
  /** PKCS#11 functions that it called since it last told. */
  told(figures: readonly FunctionFigure[]): void
  /** The token answered a job with an error; what becomes of job and agent follows. */
  faulted(radius: FaultClass, error: CommandError): void
  /** The session was lost during a job; the agent goes on over a fresh one. */
  sessionLost(agent: AgentProcess, job: Job): void
  /** The agent did not find the key of a job; true where the listener sees to the job from now on. */
  keyMissing(agent: AgentProcess, job: Job): boolean
  /** The process is gone; `lost` are the jobs that it did not answer, oldest first. */
  ended(agent: AgentProcess, reason: EndReason, lost: readonly Job[]): void
}

/** The service's side of one agent. */
export class AgentProcess {
  readonly #child: ChildProcess
  readonly #channel: Channel<FromAgent, ToAgent>
  readonly #listener: AgentListener
  readonly #flights: Flights
  #reason: EndReason = 'crashed'
  #retiring = false
  #grace: NodeJS.Timeout | undefined
  /** When it was started, in milliseconds: what it knows of the token is younger. */
  readonly bornAt: number
  /** Whether it is to have one session alone. */
  readonly #single: boolean
  /** Sessions that it has by now; none before it has started. */
  #sessions = 0
  /** Calls handed to it so far. */
  calls = 0

  constructor(
    start: AgentStart,
    environment: Readonly<Record<string, string>>,
    listener: AgentListener,
    now: () => number,
  ) {
    this.#listener = listener
    this.#single = start.sessions === 1
    this.#flights = new Flights(now)
    this.bornAt = now()
    this.#child = spawn(process.execPath, [...AGENT_FLAGS, AGENT_MAIN, String(process.pid)], {
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
    return this.#flights.count
  }

  /** How many of them are slow by nature. */
  get slow(): number {
    return this.#flights.slow
  }

  get sessions(): number {
    return this.#sessions
  }

  /**
   * How many jobs it may be handed now. Of several sessions those that are idle come first; once all are busy, each may have
   * one more job to begin without waiting for the service, unless it is to be at a slow one.
   */
  get room(): number {
    if (this.#single) return this.#flights.roomOfOne
    const { load } = this
    return load < this.#sessions ? this.#sessions - load : 2 * this.#sessions - this.slow - load
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /**
   * Hands jobs over: in one message to a single session, which begins one when it has done the one before; and to several
   * each in a message of its own, which goes to the next session that is idle.
   */
  assign(jobs: readonly Job[]): void {
    this.calls += jobs.length
    const requests = jobs.map((job) => handOver(job, this.#flights.add(job, this.#sessions)))
    if (this.#single) {
      this.#channel.send(requests)
      return
    }
    this.#channel.gather()
    for (const request of requests) this.#channel.send([request])
  }

  /** Answers the jobs whose deadline has passed; what the token still says of them is dropped. */
  expire(now: number): void {
    this.#flights.expire(now)
  }

  /** Whether a session is at a job for longer than that may take. */
  isStuck(now: number): boolean {
    return this.#flights.isStuck(now)
  }

  /** Ends it at once; whatever it had is lost. */
  kill(reason: EndReason): void {
    this.#reason = reason
    this.#child.kill('SIGKILL')
  }

  /** Ends it as soon as it has answered what it has, or has started. */
  retire(reason: EndReason): void {
    this.#reason = reason
    this.#retiring = true
    this.#closeWhenIdle()
  }

  #take(message: FromAgent): void {
    if ('started' in message) {
      const isNew = this.#sessions === 0
      this.#sessions = message.sessions
      // A session that has come later takes a job that waits.
      if (!isNew) this.#flights.beginNext()
      if (isNew) this.#listener.started(this)
      else this.#listener.grew(this)
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
    // They are of the agent, whatever becomes of the job: its caller may be gone, or another agent has it.
    if (reply.figures) this.#listener.told(reply.figures)
    const job = this.#flights.find(reply.id)
    if (!job) return
    if ('error' in reply && reply.radius === 'library') {
      // The agent is about to end; the job is judged with those that it did not come to.
      this.#reason = 'sick'
      job.lastError = reply.error
      this.#listener.faulted(reply.radius, reply.error)
      return
    }
    this.#flights.remove(reply.id)
    if ('result' in reply) job.settle(answerOf(reply))
    else this.#settleError(job, reply)
  }

  #settleError(job: Job, reply: FailedReply): void {
    const { error, radius } = reply
    this.#listener.faulted(radius, error)
    if (radius === 'session') {
      job.lastError = error
      this.#listener.sessionLost(this, job)
    } else if (error.failure !== 'key-missing' || !this.#listener.keyMissing(this, job)) {
      job.settle(answerOf(reply))
    }
  }

  #closeWhenIdle(): void {
    if (!this.#retiring || this.load > 0 || this.#grace) return
    this.#channel.end()
    this.#grace = setTimeout(() => this.#child.kill('SIGKILL'), END_GRACE_MS)
  }

  #end(): void {
    clearTimeout(this.#grace)
    const lost = this.#flights.drain()
    this.#channel.close()
    this.#child.removeAllListeners()
    this.#listener.ended(this, this.#reason, lost)
  }
}
