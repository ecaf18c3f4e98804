import { type Clock, monotonic } from '../core/clock.js'
import { KmsError } from '../core/errors.js'
import type { Authenticator } from './authenticator.js'

/** Refusals are answered after a whole number of times this long, which is longer than nearly all of them take. */
const STEP_MS = 20

/** The time that refusals are answered by, which only ever passes; tests have their own. */
export interface StepTime {
  readonly now: Clock
  /** Calls a function every so many milliseconds, until what is returned is called. */
  every(this: void, ms: number, step: () => void): () => void
}

/**
 * Makes the time of a refusal tell nothing of why it was: whether an access key exists, its row was in memory, its secret
 * had to be opened by the HSM. The wait costs no processor time; who is let in does not wait.
 */
export function uniformRefusals(
  authenticator: Authenticator,
  time: StepTime = REAL_TIME,
): Authenticator {
  const pace = new Pace(time)
  return {
    async authenticate(request) {
      const begunAt = pace.begin()
      try {
        return await authenticator.authenticate(request)
      } catch (error) {
        if (error instanceof KmsError) await pace.stepAfter(begunAt)
        throw error
      } finally {
        pace.end()
      }
    },
  }
}

interface Waiting {
  readonly dueAt: number
  go(this: void): void
}

/**
 * Steps that all requests share, as long as there are any. They are never set by a refusal: a timer that is set when one is
 * known rings at a whole millisecond, and the fraction that is lost would tell how long the work took.
 */
class Pace {
  readonly #time: StepTime
  /** Requests that are neither refused nor let in yet. */
  #open = 0
  #waiting: Waiting[] = []
  #stop: (() => void) | undefined

  constructor(time: StepTime) {
    this.#time = time
  }

  /** Begins with a request. @returns when that was */
  begin(): number {
    this.#open++
    this.#stop ??= this.#time.every(STEP_MS, () => this.#step())
    return this.#time.now()
  }

  end(): void {
    this.#open--
  }

  /** Resolves with the first step that comes after a whole number of steps' time since a request began. */
  stepAfter(begunAt: number): Promise<void> {
    const steps = Math.max(1, Math.ceil((this.#time.now() - begunAt) / STEP_MS))
    return new Promise((go) => {
      this.#waiting.push({ dueAt: begunAt + steps * STEP_MS, go })
    })
  }

  #step(): void {
    if (this.#open === 0) {
      this.#stop?.()
      this.#stop = undefined
      return
    }
    const now = this.#time.now()
    const due = this.#waiting.filter(({ dueAt }) => dueAt <= now)
    this.#waiting = this.#waiting.filter(({ dueAt }) => dueAt > now)
    for (const { go } of due) go()
  }
}

const REAL_TIME: StepTime = {
  now: monotonic,
  every(ms, step) {
    const timer = setInterval(step, ms).unref()
    return () => clearInterval(timer)
  },
}
