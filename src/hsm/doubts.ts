import type { HsmError } from '../core/hsm.js'
import { REPEATABLE } from './commands.js'
import type { Job } from './job.js'

/** After a key was missing indeed, others are believed missing at once for so long. */
const BELIEF_MS = 10_000

interface Doubt {
  readonly job: Job
  /** Milliseconds of the monotonic clock. */
  readonly since: number
}

/**
 * Jobs whose key an agent did not find. They wait for an agent that starts afterwards, which has the last word.
 *
 * A library can be blind to what another process made: SoftHSM 2.6.1 looks for new objects when a counter on the disk has
 * moved since it last looked, and takes a step that it makes itself for the whole movement. A key that another process
 * made just before then stays unseen, for as long as no other process makes or destroys one. Only a library that is
 * initialised afterwards can be believed that a key is missing, or destroyed.
 */
export class Doubts {
  #waiting: readonly Doubt[] = []
  #believeUntil = -Infinity

  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  /**
   * Lets a job wait; false where what the agent said is to be believed: it has the last word, or a key was missing indeed a
   * moment ago. Without that, calls with a key that is missing would start one agent after the other.
   */
  take(job: Job, now: number): boolean {
    if (job.doubted) {
      if (!isDestruction(job)) this.#believeUntil = now + BELIEF_MS
      return false
    }
    if (!REPEATABLE[job.command]) return false
    // That a key is destroyed is never taken on trust.
    if (now < this.#believeUntil && !isDestruction(job)) return false
    job.doubted = true
    this.#waiting = [...this.#waiting, { job, since: now }]
    return true
  }

  /** The jobs that an agent started at `bornAt` has the last word on; those that are slow by nature last. */
  release(bornAt: number): readonly Job[] {
    const jobs = this.#remove(({ since }) => since <= bornAt)
    return [...jobs.filter(({ slow }) => !slow), ...jobs.filter(({ slow }) => slow)]
  }

  /** The jobs whose deadline has passed. */
  expired(now: number): readonly Job[] {
    return this.#remove(({ job }) => job.deadlineAt <= now)
  }

  /** Answers every job with one error. */
  refuse(error: HsmError): void {
    for (const job of this.#remove(() => true)) job.settle({ error })
  }

  #remove(wanted: (doubt: Doubt) => boolean): readonly Job[] {
    const removed = this.#waiting.filter(wanted)
    this.#waiting = this.#waiting.filter((doubt) => !wanted(doubt))
    return removed.map(({ job }) => job)
  }
}

function isDestruction({ command }: Job): boolean {
  return command === 'destroyKey'
}
