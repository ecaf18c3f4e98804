import type { AuditObserver } from '../core/audit-observer.js'
import type { Clock } from '../core/clock.js'
import type { ChainEnd, Entry } from './chain.js'
import { type ChainSigner, signHead } from './signing.js'

/** What checkpoints are made with. */
export interface CheckpointParts extends ChainSigner {
  /** Pause between two checkpoints, in milliseconds. */
  readonly checkpointMs: number
  readonly clock: Clock
  readonly observer: AuditObserver
}

/** The chain that is signed. */
export interface SignedChain {
  /** Its last record. */
  end(this: void): ChainEnd
  /** Whether records can be added to it now. */
  isWritten(this: void): boolean
  /** Adds a record; resolves when it is on disk. */
  add(this: void, entry: Entry): Promise<void>
}

/** Has the HSM sign what stands in the files of a chain; events that come meanwhile are not kept from being written. */
export class Checkpoints {
  readonly #parts: CheckpointParts
  readonly #chain: SignedChain
  readonly #timer: NodeJS.Timeout
  /** Last record that is no signature, and last one that the HSM vouched for. */
  #toldN = 0
  #signedN = 0
  #signing: Promise<void> | undefined

  constructor(parts: CheckpointParts, chain: SignedChain) {
    this.#parts = parts
    this.#chain = chain
    this.#timer = setInterval(() => this.make(), parts.checkpointMs).unref()
  }

  /** An event stands in the chain; `n`: its last record by now. */
  told(n: number): void {
    this.#toldN = n
  }

  /** The chain is lost, and another one begins. */
  beginAnew(): void {
    this.#toldN = this.#signedN = 0
  }

  /** Makes a checkpoint now, where there is anything to sign and none is under way. */
  make(): void {
    if (this.#signing || !this.#chain.isWritten() || this.#toldN <= this.#signedN) return
    this.#signing = this.#sign(this.#chain.end())
  }

  /** Makes none any more. */
  stop(): void {
    clearInterval(this.#timer)
  }

  /** Resolves when the one that is under way is over. */
  async settled(): Promise<void> {
    await this.#signing
  }

  async #sign(head: ChainEnd): Promise<void> {
    const { clock, observer } = this.#parts
    try {
      const signed = await signHead(this.#parts, 'checkpoint', head)
      // The chain may have been lost, and another begun, while the HSM was at work.
      if (head.writer === this.#chain.end().writer) {
        this.#signedN = head.n
        void this.#chain.add({ ...signed, time: clock() }).then(
          () => observer.signed(clock()),
          () => undefined,
        )
      }
    } catch (error) {
      observer.notSigned(error)
    }
    this.#signing = undefined
  }
}
