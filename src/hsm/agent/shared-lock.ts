const FREE = 0
const HELD = 1
/** Held, and others may wait for it. */
const WANTED = 2

/**
 * A lock among the threads of a process, over one word of shared memory. Whoever waits for it blocks its thread. Taken and
 * left without a wait it costs two atomic operations.
 */
export class SharedLock {
  readonly #word: Int32Array

  /** Over 4 bytes that begin as zeroes. */
  constructor(shared: SharedArrayBuffer) {
    this.#word = new Int32Array(shared, 0, 1)
  }

  /** Runs something while no other thread is in here. */
  with<Result>(run: () => Result): Result {
    this.#take()
    try {
      return run()
    } finally {
      this.#leave()
    }
  }

  #take(): void {
    if (Atomics.compareExchange(this.#word, 0, FREE, HELD) === FREE) return
    // Who has waited cannot tell whether others still do.
    while (Atomics.exchange(this.#word, 0, WANTED) !== FREE) Atomics.wait(this.#word, 0, WANTED)
  }

  #leave(): void {
    if (Atomics.exchange(this.#word, 0, FREE) === WANTED) Atomics.notify(this.#word, 0, 1)
  }
}
