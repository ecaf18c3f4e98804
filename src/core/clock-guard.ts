/** A wall clock that runs ahead of the monotonic one by more than this has jumped, in milliseconds. */
const JUMP_MS = 5 * 60 * 1000

/** How long a clock that jumped is not believed in what cannot be undone, in milliseconds of monotonic time. */
const HOLD_MS = 15 * 60 * 1000

/** Two readings of the same moment, in milliseconds: the time of day, and time that only ever passes. */
export interface ClockReading {
  readonly wall: number
  readonly monotonic: number
}

/** What a reading says about the clock. */
export interface ClockJudgement {
  /** By how much the wall clock jumped forward since the reading before; 0 where it did not. */
  readonly jumpedMs: number
  /** Whether it can be believed in what cannot be undone. */
  readonly trusted: boolean
}

/**
 * Watches the wall clock. Keys are destroyed by its word, and a wrong one (a broken time server, a mistyped date) would
 * destroy them all at once: so a jump forward gives the operator a quarter of an hour to notice. A jump back only makes
 * everything late.
 */
export class ClockGuard {
  #last: ClockReading
  #heldUntil = -Infinity

  constructor(first: ClockReading) {
    this.#last = first
  }

  judge(reading: ClockReading): ClockJudgement {
    const ahead = reading.wall - this.#last.wall - (reading.monotonic - this.#last.monotonic)
    this.#last = reading
    const jumped = ahead > JUMP_MS
    if (jumped) this.#heldUntil = reading.monotonic + HOLD_MS
    return { jumpedMs: jumped ? ahead : 0, trusted: reading.monotonic >= this.#heldUntil }
  }
}
