import { monotonic } from '../core/clock.js'
import { LeaseLedger, type Leases } from './leases.js'

/** A process asks about so many times in a second for the calls of a busy key; what it does not use is lost. */
const PARTS = 8

interface Held {
  left: number
  until: number
  /** All calls of the second are given out. */
  spent: boolean
  asking: Promise<void> | undefined
}

/** A limit of calls for each second that the processes of a machine keep together: none admits what it was not given. */
export class LeasedLimiter {
  readonly #prefix: string
  readonly #limit: number
  readonly #part: number
  readonly #leases: Leases
  readonly #held = new Map<string, Held>()
  /** Stands in while nobody answers: a limit that cannot be asked for must not stop the service. */
  readonly #own = new LeaseLedger(monotonic)
  #sweptAt = monotonic()

  /** `prefix` tells its keys from those of other limits. */
  constructor(prefix: string, limit: number, leases: Leases) {
    this.#prefix = prefix
    this.#limit = limit
    this.#part = Math.max(1, Math.floor(limit / (PARTS * leases.processes)))
    this.#leases = leases
  }

  /** Takes a call of a key; whether there was one. */
  async admits(key: string): Promise<boolean> {
    for (;;) {
      const held = this.#heldOf(key)
      if (held.left > 0) {
        held.left--
        // The next part is there before this one is used up, so that hardly any call waits for it.
        if (held.left * 2 < this.#part && !held.spent) void this.#ask(key, held)
        return true
      }
      if (held.spent) return false
      await this.#ask(key, held)
    }
  }

  #heldOf(key: string): Held {
    const now = monotonic()
    this.#sweep(now)
    const known = this.#held.get(key)
    if (known && now < known.until) return known
    if (known?.asking) {
      // Its second is over; what is asked for belongs to the next.
      known.left = 0
      known.spent = false
      return known
    }
    const fresh = { left: 0, until: now, spent: false, asking: undefined }
    this.#held.set(key, fresh)
    return fresh
  }

  #ask(key: string, held: Held): Promise<void> {
    return (held.asking ??= this.#take(key, held).finally(() => {
      held.asking = undefined
    }))
  }

  async #take(key: string, held: Held): Promise<void> {
    const asked = { key: `${this.#prefix} ${key}`, limit: this.#limit, wanted: this.#part }
    const lease = (await this.#leases.take(asked)) ?? this.#own.take(asked)
    const until = monotonic() + lease.leftMs
    // A part of the next second replaces what is left of the one before.
    const sameSecond = until - held.until < 100
    held.left = (sameSecond ? held.left : 0) + lease.granted
    held.until = until
    held.spent = lease.granted === 0
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < 1000) return
    this.#sweptAt = now
    for (const [key, { until, asking }] of this.#held) {
      if (now >= until && !asking) this.#held.delete(key)
    }
  }
}
