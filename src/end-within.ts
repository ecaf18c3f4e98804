/** SIGTERM promises an end within 10 s; whatever still holds a process then is cut off. In milliseconds. */
export const END_WITHIN_MS = 9_000
/** Of that a supervisor keeps so much for itself: its processes end before it does. */
const SUPERVISOR_MS = 500

/** What is under way may take so long to finish. */
const DRAIN_MS = 5_000
/** Of the whole so much is left for what comes after the requests: the audit log, the agents, the database. */
const AFTER_DRAIN_MS = 3_500
/** Of the whole so much is left for the last words: traces and the log. */
const LAST_WORDS_MS = 1_200

/**
 * The end of a process: one span of time, counted from the signal that asked for it, which all steps of the end share. So
 * that several that are slow do not add up to more than was promised.
 */
export class Ending {
  readonly #beganAt = performance.now()
  readonly #ms: number

  /** `ms`: how long it may take in all. */
  constructor(ms: number = END_WITHIN_MS) {
    this.#ms = ms
  }

  /** Milliseconds that are left of it; 0 where none are. */
  get leftMs(): number {
    return Math.max(0, this.#beganAt + this.#ms - performance.now())
  }

  /** Milliseconds for requests that are under way. */
  get drainMs(): number {
    return Math.max(0, Math.min(DRAIN_MS, this.leftMs - AFTER_DRAIN_MS))
  }

  /** Milliseconds for everything before the last words. */
  get workMs(): number {
    return Math.max(0, this.leftMs - LAST_WORDS_MS)
  }

  /** Milliseconds for a process that this one waits for. */
  get forOthersMs(): number {
    return Math.max(0, this.leftMs - SUPERVISOR_MS)
  }

  /** Calls back when no time is left, unless the process has ended by then. */
  whenOver(cutOff: () => void): void {
    setTimeout(cutOff, this.leftMs).unref()
  }
}

/** Waits for a step, but no longer than so many milliseconds; tells whether it came to its end. */
export async function within(ms: number, step: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([step.then(() => true), limit])
  } finally {
    clearTimeout(timer)
  }
}
