import { HsmError, type HsmStatus } from '../core/hsm.js'
import type { FaultClass, FunctionFigure } from '../core/hsm-observer.js'
import { type AgentListener, AgentProcess } from './agent-process.js'
import { AgentStarts } from './agent-starts.js'
import { backOffMs } from './back-off.js'
import { Doubts } from './doubts.js'
import { type EndReason, PLANNED_ENDS } from './end-reason.js'
import { FirstStart } from './first-start.js'
import { JobQueue } from './job-queue.js'
import type { Job } from './job.js'
import { judgeLost, refuseLost } from './lost-jobs.js'
import type { PoolOptions } from './pool-options.js'
import type { CommandError, StartFailure } from './protocol.js'
import { ServingAgents } from './serving-agents.js'
import { HsmStartError } from './start-error.js'

/** With no agent left, calls wait for the one that is starting so long, and are refused at once after that. */
const PILE_UP_MS = 2_000
const CLOSE_GRACE_MS = 3_000

/**
 * Agents, each a process that makes one PKCS#11 call at a time over each of its sessions.
 *
 * A job goes to an idle agent, or waits in a bounded queue. An agent that is at a call for longer than that may take is
 * killed, one that dies is replaced, one that has done its share (libraries leak) or is doubted is exchanged while it still serves.
 * While no agent can start, calls are refused at once: the known-answer tests of each start are what probes the token, and
 * no call of a client is.
 */
export class AgentPool implements AgentListener {
  readonly #options: PoolOptions
  readonly #serving: ServingAgents
  readonly #starts: AgentStarts
  readonly #queue: JobQueue
  readonly #doubts = new Doubts()
  readonly #sweeper: NodeJS.Timeout
  #failures = 0
  /** The last start was refused: until one succeeds, calls are refused at once instead of piling up. */
  #refusing = false
  #closed = false
  #pumping = false
  #reason: string | undefined = 'The first agent is starting.'
  readonly #firstStart = new FirstStart()

  private constructor(options: PoolOptions) {
    this.#options = options
    this.#queue = new JobQueue(options.queueLimit, (length) => options.observer.queue(length))
    const { start, agents: wanted } = options
    this.#serving = new ServingAgents({ wanted, share: start.profile.recycleAfterCalls })
    this.#starts = new AgentStarts({
      ...options,
      address: start.address,
      // One that is missing, or has done its share, or is to have the last word on a doubt.
      isWanted: () => this.#serving.needsAnother || this.#doubts.waiting,
      spawn: (pinStamp) => this.#spawn(pinStamp),
      refusedElsewhere: () => this.#refusedElsewhere(),
    })
    this.#sweeper = setInterval(() => this.#sweep(), Math.max(10, options.timeoutMs / 10))
    this.#sweeper.unref()
  }

  /** @throws HsmStartError when the first agent cannot start */
  static async open(options: PoolOptions): Promise<AgentPool> {
    const pool = new AgentPool(options)
    try {
      pool.#starts.fill()
      await pool.#firstStart.over
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
    if (this.#closed || (this.#serving.count === 0 && this.#refusing)) {
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
    const ready = this.#serving.count > 0 && !this.#closed
    return { ready, reason: ready ? undefined : (this.#reason ?? 'No agent is ready.') }
  }

  /** Lets the agents finish what they have, then ends them. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeper)
    this.#refuse('The service is stopping.')
    this.#starts.close()
    this.#serving.close()
    const limit = Date.now() + CLOSE_GRACE_MS
    while (this.#alive().length > 0 && Date.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const agent of this.#alive()) agent.kill('closed')
  }

  started(agent: AgentProcess): void {
    this.#starts.succeeded(agent)
    this.#reason = undefined
    this.#refusing = false
    const doubted = this.#doubts.release(agent.bornAt)
    // Each for itself: the answer of none waits for the end of the next.
    for (const job of doubted) agent.assign([job])
    this.#firstStart.started()
    this.#serving.add(agent)
    this.#report()
    this.#pump()
    this.#starts.fill()
  }

  refused(_agent: AgentProcess, failure: StartFailure, message: string): void {
    this.#reason = message
    if (failure === 'pin') this.#starts.refusedPin()
    this.#firstStart.refused(new HsmStartError(failure, message))
  }

  /** Another process was refused the same PIN. */
  #refusedElsewhere(): void {
    this.#reason = 'The token refused the PIN to another process: it is not tried again.'
    this.#firstStart.refused(new HsmStartError('pin', this.#reason))
    this.#refusing = true
    if (this.#serving.count === 0) this.#refuse(this.#reason)
  }

  replied(): void {
    this.#failures = 0
    this.#pump()
  }

  grew(): void {
    this.#report()
    this.#pump()
  }

  told(figures: readonly FunctionFigure[]): void {
    this.#options.observer.functions(figures)
  }

  faulted(kind: FaultClass, { call, rv }: CommandError): void {
    // Without a return value it was us who refused.
    if (rv !== undefined && rv !== 0) this.#options.observer.fault(kind, call)
  }

  sessionLost(_agent: AgentProcess, job: Job): void {
    this.#judgeLost([job])
  }

  keyMissing(agent: AgentProcess, job: Job): boolean {
    if (this.#closed || !this.#doubts.take(job, performance.now())) return false
    this.#serving.doubt(agent)
    this.#starts.fill()
    return true
  }

  ended(agent: AgentProcess, reason: EndReason, lost: readonly Job[]): void {
    this.#starts.ended(agent)
    this.#serving.remove(agent)
    if (reason !== 'closed') this.#options.observer.agentEnded(reason)
    if (reason === 'crashed' || reason === 'hung')
      this.#options.observer.fault('library', undefined)
    const planned = PLANNED_ENDS.has(reason)
    this.#judgeLost(lost)
    // After that, since what the last agent lost must not wait either where no other one can be started.
    if (!planned) this.#noteFailure(reason)
    this.#report()
    if (this.#closed) return
    if (planned) this.#starts.fill()
    else this.#starts.fillIn(backOffMs({ failures: this.#failures, agents: this.#options.agents }))
  }

  #spawn(pinStamp: string): AgentProcess {
    const { start, environment } = this.#options
    const agent = new AgentProcess({ ...start, pinStamp }, environment, this, () =>
      performance.now(),
    )
    this.#report({ starting: 1 })
    return agent
  }

  #noteFailure(reason: EndReason): void {
    this.#failures++
    if (reason !== 'refused') this.#reason = `An agent ended: ${reason}.`
    this.#firstStart.refused(new HsmStartError('token', 'The agent ended before it was ready.'))
    if (reason === 'refused') this.#refusing = true
    if (this.#refusing && this.#serving.count === 0) {
      this.#refuse(this.#reason ?? 'The HSM cannot be reached.')
    }
  }

  /** Answers everything that waits. */
  #refuse(reason: string): void {
    const error = new HsmError('unavailable', reason)
    this.#queue.refuse(error)
    this.#doubts.refuse(error)
  }

  #judgeLost(lost: readonly Job[]): void {
    if (this.#closed) refuseLost(lost)
    else this.#queue.pushBack(judgeLost(lost, performance.now()))
    this.#pump()
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const agent = this.#serving.freest()
      if (!agent) return
      const most = Math.min(agent.room, this.#serving.partOf(this.#queue.length))
      const jobs = this.#queue.take(most, performance.now(), this.#serving)
      if (jobs.length === 0) return
      agent.assign(jobs)
      if (this.#serving.isWorn(agent)) this.#starts.fill()
    }
  }

  /** Answers jobs whose deadline has passed, and kills agents that give no sign of life. */
  #sweep(): void {
    const now = performance.now()
    this.#queue.expire(now)
    for (const job of this.#doubts.expired(now)) {
      job.settle({
        error: new HsmError('unavailable', 'Whether the key is there is not known yet.'),
      })
    }
    this.#serving.sweep(now)
    this.#starts.sweep(now)
    const starting = this.#starts.current
    if (starting && this.#serving.count === 0 && now - starting.bornAt >= PILE_UP_MS) {
      this.#refusing = true
      this.#refuse(this.#reason ?? 'The HSM cannot be reached.')
    }
  }

  #alive(): readonly AgentProcess[] {
    const { current } = this.#starts
    return current ? [...this.#serving.all, current] : this.#serving.all
  }

  #report({ starting } = { starting: this.#starts.current ? 1 : 0 }): void {
    const { observer, agents, start } = this.#options
    observer.agents({
      ready: this.#serving.count,
      starting,
      sessions: this.#serving.sessions,
      wantedSessions: agents * start.sessions,
    })
  }
}
