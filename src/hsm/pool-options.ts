import type { HsmObserver } from '../core/hsm-observer.js'
import type { LoginTurns } from '../core/login-turns.js'
import type { AgentStart } from './protocol.js'

/** How the agents are run. */
export interface PoolOptions {
  readonly start: AgentStart
  /** The whole environment of an agent. */
  readonly environment: Readonly<Record<string, string>>
  readonly agents: number
  /** Calls that may wait for an agent; one more is refused as `busy`. */
  readonly queueLimit: number
  /** What a call has from the arrival of its request, and a session for one call, in milliseconds. */
  readonly timeoutMs: number
  /** The same for a call that is slow by nature: that the token generates a pair. */
  readonly generationTimeoutMs: number
  readonly observer: HsmObserver
  /** Turns of all processes that log in with this PIN file, where there are others. */
  readonly logins?: LoginTurns | undefined
}
