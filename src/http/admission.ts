/** More is asked of this process than it takes on: the request is refused before it costs anything. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
}

/** How much a process takes on at once. */
export interface AdmissionRule {
  /** Requests that are worked on, from the end of their body to their answer. */
  readonly requests: number
  /** How late after its arrival the work of a request may begin, in milliseconds: it would have no time left. */
  readonly staleMs: number
}

/** The largest real body has about 20,000 bytes: bodies of this length are taken from as many as are connected. */
const USUAL_BYTES = 64 * 1024
/** What all bodies that are longer may have together, in bytes. */
const MOST_LONG_BYTES = 64 * 1024 * 1024

/** Bounds what the requests of a process hold at once, so that more of them cost refusals and no memory. */
export class Admission {
  readonly #rule: AdmissionRule
  #working = 0
  #longBytes = 0

  constructor(rule: AdmissionRule) {
    this.#rule = rule
  }

  /** Takes on a request; whoever does must call {@link Admission.leave}. @throws Overloaded */
  enter(): void {
    if (this.#working >= this.#rule.requests)
      throw new Overloaded('Too many requests are under way.')
    this.#working += 1
  }

  leave(): void {
    this.#working -= 1
  }

  /** Refuses a request that arrived long ago, in milliseconds of the monotonic clock. @throws Overloaded */
  requireFresh(arrivedAt: number): void {
    if (performance.now() - arrivedAt < this.#rule.staleMs) return
    throw new Overloaded('The work of the request could not begin in time.')
  }

  /** Counts the bytes of one body. */
  body(): BodyHold {
    let own = 0
    return {
      add: (bytes) => {
        own += bytes
        if (own <= USUAL_BYTES) return
        const before = Math.max(0, own - bytes - USUAL_BYTES)
        this.#longBytes += own - USUAL_BYTES - before
        if (this.#longBytes > MOST_LONG_BYTES)
          throw new Overloaded('Too many long bodies are held.')
      },
      release: () => {
        this.#longBytes -= Math.max(0, own - USUAL_BYTES)
        own = 0
      },
    }
  }
}

/** The bytes of a body that count against the bound of all. */
export interface BodyHold {
  /** @throws Overloaded */
  add(this: void, bytes: number): void
  release(this: void): void
}
