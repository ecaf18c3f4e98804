/** Loading a vendor library and logging in may take longer than a call. */
const FIRST_MS = 15_000
/** Once a start has succeeded, the next ones may take so many times as long. */
const FACTOR = 10
const LEAST_MS = 3_000
/** Nobody waits for a start for longer than that, unless a call may take longer. */
const MOST_MS = 60_000

/**
 * How long an agent may take to start before it counts as hung, in milliseconds.
 *
 * Starts are not slow because a library hangs alone: a machine that is starved makes all of them slow, and would never get
 * an agent again if each were ended at the same age. So each start that was ended gives the next one twice its time.
 */
export class StartPatience {
  readonly #mostMs: number
  #longestMs = 0
  /** Starts that were ended since the last one that succeeded. */
  #ended = 0

  /** `callMs`: what a call may take. */
  constructor(callMs: number) {
    this.#mostMs = Math.max(MOST_MS, callMs)
  }

  get limitMs(): number {
    return Math.min(this.#mostMs, this.#usualMs() * 2 ** Math.min(this.#ended, 20))
  }

  /** A start succeeded after so long. */
  noteStart(ms: number): void {
    this.#longestMs = Math.max(this.#longestMs, ms)
    this.#ended = 0
  }

  /** A start was ended, since it took too long. */
  noteEnded(): void {
    this.#ended++
  }

  #usualMs(): number {
    if (this.#longestMs === 0) return FIRST_MS
    return Math.min(FIRST_MS, Math.max(LEAST_MS, FACTOR * this.#longestMs))
  }
}
