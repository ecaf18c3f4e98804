import { HsmError } from '../core/hsm.js'
import type { Job } from './job.js'

/** Jobs that wait for an agent, oldest first; bounded, so that a slow token cannot fill the memory. */
export class JobQueue {
  readonly #limit: number
  readonly #report: (length: number) => void
  #jobs: Job[] = []

  /** `report` hears every change of the length. */
  constructor(limit: number, report: (length: number) => void) {
    this.#limit = limit
    this.#report = report
  }

  get length(): number {
    return this.#jobs.length
  }

  /** Lets a job wait, or answers it with `busy` where the queue is full. */
  push(job: Job): void {
    if (this.#jobs.length >= this.#limit) {
      job.settle({ error: new HsmError('busy', 'The queue in front of the HSM is full.') })
      return
    }
    this.#jobs.push(job)
    this.#report(this.#jobs.length)
  }

  /** Puts jobs that were handed out before back to the front: they were here first. */
  pushBack(jobs: readonly Job[]): void {
    if (jobs.length === 0) return
    this.#jobs.unshift(...jobs)
    this.#report(this.#jobs.length)
  }

  /** Takes the oldest jobs, as many as there are up to a number; those that are too late by now are answered instead. */
  take(most: number, now: number): readonly Job[] {
    const jobs: Job[] = []
    let seen = 0
    for (const job of this.#jobs) {
      if (jobs.length === most) break
      seen++
      if (now < job.deadlineAt) jobs.push(job)
      else job.settle({ error: tooLate() })
    }
    this.#jobs.splice(0, seen)
    this.#report(this.#jobs.length)
    return jobs
  }

  /** Answers the jobs whose deadline has passed. */
  expire(now: number): void {
    const late = this.#jobs.filter((job) => job.deadlineAt <= now)
    if (late.length === 0) return
    this.#jobs = this.#jobs.filter((job) => job.deadlineAt > now)
    this.#report(this.#jobs.length)
    for (const job of late) job.settle({ error: tooLate() })
  }

  /** Answers every job with one error. */
  refuse(error: HsmError): void {
    if (this.#jobs.length === 0) return
    const jobs = this.#jobs
    this.#jobs = []
    this.#report(0)
    for (const job of jobs) job.settle({ error })
  }
}

function tooLate(): HsmError {
  return new HsmError('busy', 'No agent was free before the deadline.')
}
