import type { Clock } from './core/clock.js'
import { HsmError } from './core/hsm.js'
import { WrongToken } from './core/home-proof.js'
import { HsmStartError } from './hsm/start-error.js'

/** How long a token that could not be opened is left alone: every attempt starts a process. */
const LEAVE_ALONE_MS = 2_000

/** Opens a token besides the one that every call needs, and leaves it alone for a while where that failed. */
export class Reluctance {
  readonly #monotonic: Clock
  readonly #name: string
  #refusal: { readonly error: unknown; readonly until: number } | undefined

  /** @param name - what the token is called in errors: `token of a keystore` */
  constructor(name: string, monotonic: Clock) {
    this.#name = name
    this.#monotonic = monotonic
  }

  /** @throws what `open` throws, and the same again while the token is left alone; HsmError `unavailable` for one that does not start or is the wrong one */
  async attempt<Opened>(open: () => Promise<Opened>): Promise<Opened> {
    if (this.#refusal && this.#monotonic() < this.#refusal.until) throw this.#refusal.error
    try {
      const opened = await open()
      this.#refusal = undefined
      return opened
    } catch (error) {
      const reason = this.#unavailable(error)
      this.#refusal = { error: reason, until: this.#monotonic() + leaveAloneMs(error) }
      throw reason
    }
  }

  /** A token that cannot be opened is an outage to the client; the log has the reason. */
  #unavailable(error: unknown): unknown {
    return error instanceof HsmStartError || error instanceof WrongToken
      ? new HsmError('unavailable', `The ${this.#name} cannot be opened: ${error.message}`)
      : error
  }
}

/** A PIN that was refused is not tried again by this process: a few more attempts would lock the token. */
function leaveAloneMs(error: unknown): number {
  return error instanceof HsmStartError && error.failure === 'pin' ? Infinity : LEAVE_ALONE_MS
}
