/** What a process gets of a limit that it has together with others. */
export interface Lease {
  /** Calls that it may admit; 0 where all of the second are given out. */
  readonly granted: number
  /** How long it may, or has to wait, in milliseconds. */
  readonly leftMs: number
}

/** Port: gives out parts of the limits that the processes of a machine have together. */
export interface Leases {
  /** How many processes there are. */
  readonly processes: number
  /** Asks for calls of a key; nothing where nobody answers. */
  take(this: void, asked: LeaseRequest): Promise<Lease | undefined>
}

/** How many calls of a key are wanted, and how many there are in a second. */
export interface LeaseRequest {
  readonly key: string
  readonly limit: number
  readonly wanted: number
}

const SECOND_MS = 1000

/** Keeps the books of what was given out: one for all processes of a machine. */
export class LeaseLedger {
  readonly #now: () => number
  readonly #seconds = new Map<string, { used: number; readonly until: number }>()
  #sweptAt: number

  /** `now`: milliseconds of time that only ever passes. */
  constructor(now: () => number) {
    this.#now = now
    this.#sweptAt = now()
  }

  /** Gives out what is left of the second of a key, up to what is wanted; the second begins with its first call. */
  take({ key, limit, wanted }: LeaseRequest): Lease {
    const now = this.#now()
    this.#sweep(now)
    const known = this.#seconds.get(key)
    const second = known && now < known.until ? known : { used: 0, until: now + SECOND_MS }
    if (second !== known) this.#seconds.set(key, second)
    const granted = Math.max(0, Math.min(wanted, limit - second.used))
    second.used += granted
    return { granted, leftMs: second.until - now }
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < SECOND_MS) return
    this.#sweptAt = now
    for (const [key, { until }] of this.#seconds) if (now >= until) this.#seconds.delete(key)
  }
}
