import { HsmError } from '../core/hsm.js'
import type { Job } from './job.js'

/**
 * Jobs that an agent with one session has at most: what is lost with it, or waits behind a call that hangs. What arrives
 * meanwhile waits in the queue and travels in one message, so the busier the service is, the fewer messages it sends.
 */
const MOST_OF_ONE = 32
/** So many at once show that the service is busy: the next ones come before the last is answered. */
const CROWD = 8

/** A job that was handed over. */
interface Flight {
  readonly job: Job
  /** When a session began it, in milliseconds; jobs are begun in their order. */
  begunAt: number | undefined
}

/** Jobs that an agent has and did not answer yet, in the order in which they were handed over and are begun. */
export class Flights {
  readonly #all = new Map<number, Flight>()
  /** Those of them that no session has begun. */
  #behind: Flight[] = []
  readonly #now: () => number
  #nextId = 1
  #slow = 0
  /** How many there were when some were last handed over. */
  #handed = 0

  constructor(now: () => number) {
    this.#now = now
  }

  get count(): number {
    return this.#all.size
  }

  /** How many of them are slow by nature. */
  get slow(): number {
    return this.#slow
  }

  /**
   * How many more a single session may be handed: in a busy service when it has answered half of what it had, so that it need
   * not wait for the service, which may be at other calls for as long as all of them take; otherwise when it has answered
   * all. One that answers nothing gets no more, and nobody is made to wait behind a slow one.
   */
  get roomOfOne(): number {
    const most = this.#handed >= CROWD && this.#slow === 0 ? this.#handed / 2 : 0
    return this.count <= most ? MOST_OF_ONE - this.count : 0
  }

  /** Takes note of a job, which one of so many sessions begins at once if it has nothing to do. @returns its number */
  add(job: Job, sessions: number): number {
    const id = this.#nextId++
    const flight: Flight = { job, begunAt: undefined }
    if (this.#all.size < sessions) flight.begunAt = this.#now()
    else this.#behind.push(flight)
    this.#all.set(id, flight)
    if (job.slow) this.#slow++
    this.#handed = this.count
    return id
  }

  /** The job of a number; nothing where it was answered. */
  find(id: number): Job | undefined {
    return this.#all.get(id)?.job
  }

  /** It was answered: its session begins the next one. */
  remove(id: number): void {
    const flight = this.#all.get(id)
    if (!flight) return
    this.#all.delete(id)
    if (flight.job.slow) this.#slow--
    this.beginNext()
  }

  /** A session that had nothing to do begins the next one. */
  beginNext(): void {
    const next = this.#behind.shift()
    if (next) next.begunAt = this.#now()
  }

  /** Answers those whose deadline has passed; what the token still says of them is dropped. */
  expire(now: number): void {
    const error = new HsmError('unavailable', 'The HSM did not answer before the deadline.')
    for (const { job } of this.#all.values()) {
      if (job.deadlineAt <= now) job.settle({ error })
    }
  }

  /** Whether a session is at one for longer than that may take. */
  isStuck(now: number): boolean {
    return [...this.#all.values()].some(
      ({ begunAt, job }) => begunAt !== undefined && begunAt + job.limitMs <= now,
    )
  }

  /** Forgets them, and returns them oldest first. */
  drain(): readonly Job[] {
    const jobs = [...this.#all.values()].map(({ job }) => job)
    this.#all.clear()
    this.#behind = []
    this.#slow = 0
    return jobs
  }
}
