import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import type { LoginTurn, LoginTurns, PinWriting } from '../core/login-turns.js'
import { pinStamp } from './pin-stamp.js'
import type { TokenAddress } from './uri.js'

const LOOK_EVERY_MS = 500

/**
 * Keeps a PIN that the token refused from being tried again: tokens lock themselves. Only a PIN file that was written
 * since then is a reason to try once more, and whoever wrote it knows of the one try. Where other processes log in with
 * the same file, they do so in turns, and what one of them was refused none of the others tries.
 */
export class PinGuard {
  readonly #file: string
  readonly #login: string
  readonly #who = randomUUID()
  readonly #written: () => void
  readonly #turns: LoginTurns | undefined
  #tried = ''
  #look: NodeJS.Timeout | undefined
  /** The turn of this process, from its beginning to its end. */
  #turn: PinWriting | undefined

  /**
   * `written` is called when the file has changed since its PIN was refused. `turns`: of the other processes; none where
   * there are no others.
   */
  constructor(address: TokenAddress, turns: LoginTurns | undefined, written: () => void) {
    this.#file = address.pinFile
    // It holds the path of the PIN, and not the PIN.
    this.#login = JSON.stringify(address)
    this.#turns = turns
    this.#written = written
  }

  /** Whether the PIN in the file must not be tried. */
  get refused(): boolean {
    return this.#look !== undefined
  }

  /** The writing of the file that may be tried. */
  get stamp(): string {
    return this.#tried
  }

  /** An agent is to read the file: calls back with whether it may, at once where there are no other processes. */
  ask(answered: (turn: LoginTurn) => void): void {
    const writing = this.#writing(this.#stamp())
    if (!this.#turns) {
      this.#tried = writing.stamp
      answered('yes')
      return
    }
    void this.#turns.ask(writing).then((turn) => {
      if (turn !== 'later') this.#tried = writing.stamp
      if (turn === 'yes') this.#turn = writing
      if (turn === 'refused') this.#await()
      answered(turn)
    })
  }

  /** The agent that was to read the file is logged in, was refused, or has ended. */
  over(refused: boolean): void {
    if (refused) this.#await()
    const turn = this.#turn
    this.#turn = undefined
    if (turn || refused) {
      this.#turns?.over(turn ?? this.#writing(this.#tried), refused)
    }
  }

  close(): void {
    clearInterval(this.#look)
    this.#look = undefined
    this.over(false)
  }

  #writing(stamp: string): PinWriting {
    return { login: this.#login, who: this.#who, stamp }
  }

  #await(): void {
    this.#look ??= setInterval(() => {
      if (this.#stamp() === this.#tried) return
      clearInterval(this.#look)
      this.#look = undefined
      this.#written()
    }, LOOK_EVERY_MS).unref()
  }

  /** Tells one writing of the file from another; a file that is not there is no reason to try. */
  #stamp(): string {
    try {
      return pinStamp(statSync(this.#file, { bigint: true }))
    } catch {
      return this.#tried
    }
  }
}
