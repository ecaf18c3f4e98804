/**
 * Calls that begin in one turn of the event loop. What a call does before it first waits for the HSM takes a quarter of a
 * millisecond: eight keep a turn at a few.
 */
const PER_TURN = 8

/**
 * Spreads the beginnings of calls over turns of the event loop.
 *
 * With a hundred clients all their requests may be there at once. Begun in one go they take 20 ms in which no answer leaves,
 * no timer runs and nobody looks at what the agents have done; the garbage of all of them is alive at once, too. So a few
 * begin, in the order of their arrival, and the loop goes round before the next ones do.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #left = PER_TURN
  #counting = false

  /** Takes a place in this turn. @returns nothing where there is one, or a promise of one in a turn that follows */
  take(): Promise<void> | undefined {
    this.#count()
    if (this.#left > 0) {
      this.#left--
      return undefined
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** Immediates run after all requests that this turn has read: what they ask for begins before the next ones are read. */
  #count(): void {
    if (this.#counting) return
    this.#counting = true
    setImmediate(() => {
      this.#counting = false
      this.#next()
    })
  }

  #next(): void {
    const begun = this.#waiting.splice(0, PER_TURN)
    this.#left = PER_TURN - begun.length
    if (begun.length === 0) return
    this.#count()
    for (const begin of begun) begin()
  }
}
