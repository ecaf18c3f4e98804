import type { LoginTurns } from '../core/login-turns.js'
import type { AgentProcess } from './agent-process.js'
import { PinGuard } from './pin-guard.js'
import { StartPatience } from './start-patience.js'
import type { TokenAddress } from './uri.js'

/** How soon it is asked again whether it is the turn of this process to log in. */
const TURN_MS = 30

/** What is to be started, and who hears of it. */
export interface StartParts {
  readonly address: TokenAddress
  readonly logins?: LoginTurns | undefined
  /** What a call may take, in milliseconds. */
  readonly timeoutMs: number
  /** Whether an agent is to be started. */
  isWanted(this: void): boolean
  /** Starts one, which may try one writing of the PIN file. */
  spawn(this: void, pinStamp: string): AgentProcess
  /** The token refused the PIN to another process: it is not tried here. */
  refusedElsewhere(this: void): void
}

/**
 * Starts agents one after the other: several that try a wrong PIN at once would lock the token, and processes that open
 * SoftHSM 2.6.1 in the same instant fail now and then. No PIN is tried that was refused.
 */
export class AgentStarts {
  readonly #parts: StartParts
  readonly #pin: PinGuard
  readonly #patience: StartPatience
  #current: AgentProcess | undefined
  /** The last one that took too long. */
  #givenUp: AgentProcess | undefined
  /** An agent waits for the turn of this process to log in. */
  #asking = false
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: StartParts) {
    this.#parts = parts
    this.#patience = new StartPatience(parts.timeoutMs)
    this.#pin = new PinGuard(parts.address, parts.logins, () => this.fill())
  }

  /** The agent that is being started. */
  get current(): AgentProcess | undefined {
    return this.#current
  }

  /** Starts an agent where one is wanted and none is about to be there. */
  fill(): void {
    if (this.#closed || this.#current || this.#asking || this.#pin.refused) return
    if (!this.#parts.isWanted()) return
    this.#asking = true
    this.#pin.ask((turn) => {
      this.#asking = false
      if (this.#closed) this.#pin.over(false)
      else if (turn === 'yes') this.#current = this.#parts.spawn(this.#pin.stamp)
      else if (turn === 'later') this.fillIn(TURN_MS)
      else this.#parts.refusedElsewhere()
    })
  }

  /** The same, after so many milliseconds. */
  fillIn(ms: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.fill(), ms)
  }

  /** An agent serves. */
  succeeded(agent: AgentProcess): void {
    this.#patience.noteStart(performance.now() - agent.bornAt)
    this.#over(agent)
  }

  /** The token refused the PIN to an agent, which may have served until then. */
  refusedPin(): void {
    this.#pin.over(true)
  }

  /** An agent has ended, whichever it was. */
  ended(agent: AgentProcess): void {
    this.#over(agent)
  }

  /** Ends a start that takes too long; it may still be there at the next look, and is ended once. */
  sweep(now: number): void {
    const agent = this.#current
    if (!agent || agent === this.#givenUp) return
    if (now - agent.bornAt < this.#patience.limitMs) return
    this.#givenUp = agent
    this.#patience.noteEnded()
    agent.kill('hung')
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    // One that may be at its login keeps its turn until it has ended.
    if (this.#current) this.#current.retire('closed')
    else this.#pin.close()
  }

  #over(agent: AgentProcess): void {
    if (this.#current !== agent) return
    this.#current = undefined
    if (this.#closed) this.#pin.close()
    else this.#pin.over(false)
  }
}
