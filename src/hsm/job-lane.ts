import { HsmError } from '../core/hsm.js'
import type { Job } from './job.js'

/** Jobs of one kind that wait, oldest first. */
export class JobLane {
  #jobs: Job[] = []

  get length(): number {
    return this.#jobs.length
  }

  push(job: Job): void {
    this.#jobs.push(job)
  }

  /** Puts a job in front of all others. */
  pushBack(job: Job): void {
    this.#jobs.unshift(job)
  }

  /** The oldest job; those before it that are too late by now are answered. */
  first(now: number): Job | undefined {
    for (const [at, job] of this.#jobs.entries()) {
      if (now < job.deadlineAt) {
        if (at > 0) this.#jobs.splice(0, at)
        return job
      }
      refuseLate(job)
    }
    this.#jobs = []
    return undefined
  }

  /** Takes the oldest jobs, as many as there are up to a number; those that are too late by now are answered instead. */
  take(most: number, now: number): readonly Job[] {
    const jobs: Job[] = []
    let seen = 0
    for (const job of this.#jobs) {
      if (jobs.length === most) break
      seen++
      if (now < job.deadlineAt) jobs.push(job)
      else refuseLate(job)
    }
    this.#jobs.splice(0, seen)
    return jobs
  }

  /** Answers the jobs whose deadline has passed. */
  expire(now: number): void {
    const late = this.#jobs.filter((job) => job.deadlineAt <= now)
    if (late.length === 0) return
    this.#jobs = this.#jobs.filter((job) => job.deadlineAt > now)
    for (const job of late) refuseLate(job)
  }

  /** Takes every job, whether it is late or not. */
  clear(): readonly Job[] {
    const jobs = this.#jobs
    this.#jobs = []
    return jobs
  }
}

function refuseLate(job: Job): void {
  job.settle({ error: new HsmError('busy', 'No agent was free before the deadline.') })
}
