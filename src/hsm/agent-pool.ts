import { HsmError, type HsmStatus } from '../core/hsm.js'
import type { HsmObserver } from '../core/hsm-observer.js'
import { type AgentListener, AgentProcess, type EndReason } from './agent-process.js'
import { backOffMs } from './back-off.js'
import { REPEATABLE } from './commands.js'
import { JobQueue } from './job-queue.js'
import { type Job, hsmError } from './job.js'
import type { AgentStart, StartFailure } from './protocol.js'
import { HsmStartError } from './start-error.js'

/**
 * Jobs that travel in one message. An agent gets the next message when it has answered the last one: what arrives
 * meanwhile waits in the queue and travels together, so the busier the service is, the fewer messages it sends.
 */
const BATCH = 16
/** A lost repeatable job is handed to another agent once. */
const MAX_ATTEMPTS = 2
/** Loading a vendor library and logging in may take longer than a call. */
const START_TIMEOUT_MS = 15_000
const CLOSE_GRACE_MS = 3_000

/** How the agents are run. */
export interface PoolOptions {
  readonly start: AgentStart
  /** The whole environment of an agent. */
  readonly environment: Readonly<Record<string, string>>
  readonly agents: number
  /** Calls that may wait for an agent; one more is refused as `busy`. */
  readonly queueLimit: number
  /** Deadline of a call from its arrival, in milliseconds. */
  readonly timeoutMs: number
  readonly observer: HsmObserver
}

/**
 * Agents, each a process that makes one PKCS#11 call at a time.
 *
 * A job goes to an idle agent, or waits in a bounded queue. An agent that hangs past the deadline is killed,
 * one that dies is replaced, one that has done its share (libraries leak) is exchanged while it still serves. Agents
 * start one after the other: several that try a wrong PIN at once would lock the token, and processes that open
 * SoftHSM 2.6.1 in the same instant fail now and then.
 */
export class AgentPool implements AgentListener {
  readonly #options: PoolOptions
  readonly #ready = new Set<AgentProcess>()
  readonly #retiring = new Set<AgentProcess>()
  readonly #queue: JobQueue
  readonly #sweeper: NodeJS.Timeout
  #starting: AgentProcess | undefined
  #failures = 0
  #retry: NodeJS.Timeout | undefined
  /** The last start was refused: until one succeeds, calls are refused at once instead of piling up. */
  #refusing = false
  #pinRefused = false
  #closed = false
  #pumping = false
  #reason: string | undefined = 'The first agent is starting.'
  #firstStart: { started(): void; refused(error: HsmStartError): void } | undefined

  private constructor(options: PoolOptions) {
    this.#options = options
    this.#queue = new JobQueue(options.queueLimit, (length) => options.observer.queue(length))
    this.#sweeper = setInterval(() => this.#sweep(), Math.max(10, options.timeoutMs / 10))
    this.#sweeper.unref()
  }

  /** @throws HsmStartError when the first agent cannot start */
  static async open(options: PoolOptions): Promise<AgentPool> {
    const pool = new AgentPool(options)
    try {
      await new Promise<void>((resolve, reject) => {
        pool.#firstStart = { started: resolve, refused: reject }
        pool.#fill()
      })
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /**
   * Hands a job to an agent at the end of this turn of the event loop, so that the jobs of one turn travel together, or
   * when an agent is free; or answers it with `busy` or `unavailable`.
   */
  submit(job: Job): void {
    if (this.#closed || (this.#ready.size === 0 && this.#refusing)) {
      job.settle({ error: new HsmError('unavailable', this.#reason ?? 'The HSM is closed.') })
      return
    }
    this.#queue.push(job)
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  status(): HsmStatus {
    const ready = this.#ready.size > 0 && !this.#closed
    return { ready, reason: ready ? undefined : (this.#reason ?? 'No agent is ready.') }
  }

  /** Lets the agents finish what they have, then ends them. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeper)
    clearTimeout(this.#retry)
    this.#queue.refuse(new HsmError('unavailable', 'The service is stopping.'))
    this.#starting?.kill('closed')
    for (const agent of this.#ready) agent.retire('closed')
    const limit = Date.now() + CLOSE_GRACE_MS
    while (this.#alive().length > 0 && Date.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const agent of this.#alive()) agent.kill('closed')
  }

  started(agent: AgentProcess): void {
    this.#starting = undefined
    this.#ready.add(agent)
    this.#reason = undefined
    this.#refusing = false
    this.#firstStart?.started()
    this.#firstStart = undefined
    this.#retireOne()
    this.#report()
    this.#pump()
    this.#fill()
  }

  refused(_agent: AgentProcess, failure: StartFailure, message: string): void {
    this.#reason = message
    this.#pinRefused ||= failure === 'pin'
    this.#firstStart?.refused(new HsmStartError(failure, message))
    this.#firstStart = undefined
  }

  replied(): void {
    this.#failures = 0
    this.#pump()
  }

  ended(agent: AgentProcess, reason: EndReason, lost: readonly Job[]): void {
    if (this.#starting === agent) this.#starting = undefined
    this.#ready.delete(agent)
    this.#retiring.delete(agent)
    if (reason !== 'closed') this.#options.observer.agentEnded(reason)
    const planned = reason === 'recycled' || reason === 'closed'
    if (!planned) this.#noteFailure(reason)
    this.#judgeLost(lost)
    this.#report()
    if (this.#closed) return
    if (planned) this.#fill()
    else this.#fillLater()
  }

  /** Starts an agent where one is missing, or where one has done its share. */
  #fill(): void {
    if (this.#closed || this.#starting || this.#pinRefused) return
    const missing = this.#ready.size < this.#options.agents
    if (!missing && !this.#worn()) return
    const { start, environment } = this.#options
    this.#starting = new AgentProcess(start, environment, this, () => performance.now())
    this.#report()
  }

  #fillLater(): void {
    clearTimeout(this.#retry)
    const delay = backOffMs({ failures: this.#failures, agents: this.#options.agents })
    this.#retry = setTimeout(() => this.#fill(), delay)
  }

  #noteFailure(reason: EndReason): void {
    this.#failures++
    if (reason !== 'refused') this.#reason = `An agent ended: ${reason}.`
    this.#firstStart?.refused(new HsmStartError('token', 'The agent ended before it was ready.'))
    this.#firstStart = undefined
    if (reason === 'refused') this.#refusing = true
    if (this.#refusing && this.#ready.size === 0) {
      this.#queue.refuse(new HsmError('unavailable', this.#reason ?? 'The HSM cannot be reached.'))
    }
  }

  /** Whether an agent has done its share of calls: libraries leak. */
  #isWorn({ calls }: AgentProcess): boolean {
    const share = this.#options.start.profile.recycleAfterCalls
    return share > 0 && calls >= share
  }

  #worn(): AgentProcess | undefined {
    return [...this.#ready].find((agent) => this.#isWorn(agent))
  }

  /** A new agent is ready: if there is one more than wanted, the worn one goes, after what it still has. */
  #retireOne(): void {
    if (this.#ready.size <= this.#options.agents) return
    const worn = this.#worn()
    if (!worn) return
    this.#ready.delete(worn)
    this.#retiring.add(worn)
    worn.retire('recycled')
  }

  #judgeLost(lost: readonly Job[]): void {
    const again = lost.filter((job) => this.#mayRepeat(job))
    this.#queue.pushBack(again)
    for (const job of lost) {
      if (again.includes(job)) continue
      const error = job.lastError && hsmError(job.lastError)
      job.settle({
        error: error ?? new HsmError('unavailable', 'The agent of this call was lost.'),
      })
    }
    this.#pump()
  }

  #mayRepeat(job: Job): boolean {
    if (this.#closed || !REPEATABLE[job.command] || job.attempts >= MAX_ATTEMPTS) return false
    return performance.now() < job.arrivedAt + this.#options.timeoutMs
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const agent = this.#idle()
      if (!agent) return
      agent.assign(this.#queue.take(BATCH))
      if (this.#isWorn(agent)) this.#fill()
    }
  }

  #idle(): AgentProcess | undefined {
    for (const agent of this.#ready) {
      if (agent.load === 0) return agent
    }
    return undefined
  }

  /** Answers jobs whose deadline has passed, and kills agents that give no sign of life. */
  #sweep(): void {
    const now = performance.now()
    const { timeoutMs } = this.#options
    this.#queue.expire(now - timeoutMs)
    for (const agent of [...this.#ready, ...this.#retiring]) {
      agent.expire(now - timeoutMs)
      if (agent.load > 0 && now - agent.lastProgress >= timeoutMs) agent.kill('hung')
    }
    const starting = this.#starting
    if (starting && now - starting.lastProgress >= START_TIMEOUT_MS) starting.kill('hung')
  }

  #alive(): readonly AgentProcess[] {
    return [...this.#ready, ...this.#retiring, ...(this.#starting ? [this.#starting] : [])]
  }

  #report(): void {
    this.#options.observer.agents({ ready: this.#ready.size, starting: this.#starting ? 1 : 0 })
  }
}
