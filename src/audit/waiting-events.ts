import { AuditUnavailable } from '../core/audit-event.js'
import type { Entry } from './chain.js'

/** An entry that is not on disk yet. */
export interface Waiting {
  readonly entry: Entry
  /** Milliseconds of the monotonic clock. */
  readonly since: number
  /** Tells whoever waits that it is on disk. */
  kept(this: void): void
  /** Tells whoever waits that he waits in vain; the entry is written all the same as soon as that can be. */
  refuse(this: void, reason: AuditUnavailable): void
}

/** How often somebody looks for those who have waited too long. */
const LOOK_MS = 100

/** What is to be written, in the order in which it came, and who waits for it. */
export class WaitingEvents {
  readonly #patienceMs: number
  readonly #lookout: NodeJS.Timeout
  #queue: Waiting[] = []
  #batch: readonly Waiting[] = []

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
    this.#lookout = setInterval(() => this.#refuseLate(), LOOK_MS).unref()
  }

  /** How many wait for a batch; those of the batch under way are not among them. */
  get size(): number {
    return this.#queue.length
  }

  /** Whether the oldest has waited longer than a call may. */
  get isLate(): boolean {
    const oldest = this.#batch[0] ?? this.#queue[0]
    return oldest !== undefined && performance.now() - oldest.since > this.#patienceMs
  }

  /** @throws AuditUnavailable when it takes too long */
  add(entry: Entry): Promise<void> {
    return new Promise((kept, refuse) => {
      this.#queue.push({ entry, since: performance.now(), kept, refuse })
    })
  }

  /** Takes the next batch out. */
  take(most: number): readonly Waiting[] {
    this.#batch = this.#queue.splice(0, most)
    return this.#batch
  }

  /** The batch that was taken is on disk; returns how many were told so. */
  done(): number {
    const { length } = this.#batch
    for (const { kept } of this.#batch) kept()
    this.#batch = []
    return length
  }

  /** The batch that was taken is not on disk. */
  putBack(): void {
    this.#queue = [...this.#batch, ...this.#queue]
    this.#batch = []
  }

  /** Signatures of a chain that is no more are worth nothing in the next one. */
  dropSignatures(): void {
    this.#queue = this.#queue.filter(({ entry }) => entry.type === 'event')
  }

  /** Nothing will be written any more. */
  end(): void {
    clearInterval(this.#lookout)
    this.#refuse(this.#queue, 'The audit log is closed.')
    this.#refuse(this.#batch, 'The audit log is closed.')
    this.#queue = []
  }

  #refuseLate(): void {
    if (!this.isLate) return
    const before = performance.now() - this.#patienceMs
    const reason = 'The audit log takes too long to confirm events.'
    this.#refuse(this.#batch, reason)
    this.#refuse(
      this.#queue.filter(({ since }) => since < before),
      reason,
    )
  }

  #refuse(those: readonly Waiting[], reason: string): void {
    for (const { refuse } of those) refuse(new AuditUnavailable(reason))
  }
}
