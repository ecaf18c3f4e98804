import { HsmError } from '../core/hsm.js'
import { JobLane } from './job-lane.js'
import type { Job } from './job.js'

/**
 * Jobs that wait for an agent, oldest first; bounded, so that a slow token cannot fill the memory. Those that are slow by
 * nature stand in a lane of their own, where the others can pass them, and may have half of the places.
 */
export class JobQueue {
  readonly #limit: number
  readonly #report: (length: number) => void
  readonly #quick = new JobLane()
  readonly #slow = new JobLane()

  /** `report` hears every change of the length. */
  constructor(limit: number, report: (length: number) => void) {
    this.#limit = limit
    this.#report = report
  }

  get length(): number {
    return this.#quick.length + this.#slow.length
  }

  /** Lets a job wait, or answers it with `busy` where the queue is full. */
  push(job: Job): void {
    const isFull = this.length >= this.#limit
    if (isFull || (job.slow && this.#slow.length >= Math.ceil(this.#limit / 2))) {
      job.settle({ error: new HsmError('busy', 'The queue in front of the HSM is full.') })
      return
    }
    this.#laneOf(job).push(job)
    this.#report(this.length)
  }

  /** Puts jobs that were handed out before back to the front: they were here first. */
  pushBack(jobs: readonly Job[]): void {
    if (jobs.length === 0) return
    for (const job of jobs.toReversed()) this.#laneOf(job).pushBack(job)
    this.#report(this.length)
  }

  /**
   * Takes the oldest jobs, as many as there are up to a number; those that are too late by now are answered instead. One
   * that is slow is taken alone, and only where slow ones may begin. Nothing is taken where only such are left.
   */
  take(most: number, now: number, rule: { readonly maySlow: boolean }): readonly Job[] {
    const slow = this.#slow.length > 0 && rule.maySlow ? this.#slow.first(now) : undefined
    const quick = this.#quick.first(now)
    const slowFirst = slow && (!quick || slow.arrivedAt <= quick.arrivedAt)
    const jobs = slowFirst ? this.#slow.take(1, now) : this.#quick.take(most, now)
    this.#report(this.length)
    return jobs
  }

  /** Answers the jobs whose deadline has passed. */
  expire(now: number): void {
    const before = this.length
    this.#quick.expire(now)
    this.#slow.expire(now)
    if (this.length !== before) this.#report(this.length)
  }

  /** Answers every job with one error. */
  refuse(error: HsmError): void {
    if (this.length === 0) return
    const jobs = [...this.#quick.clear(), ...this.#slow.clear()]
    this.#report(0)
    for (const job of jobs) job.settle({ error })
  }

  #laneOf({ slow }: Job): JobLane {
    return slow ? this.#slow : this.#quick
  }
}
