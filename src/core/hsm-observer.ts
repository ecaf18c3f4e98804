/** Port: who watches the HSM layer at work. Its methods must not throw. */
export interface HsmObserver {
  /**
   * A call to the HSM begins. It is asked in the turn of the event loop in which the port was called.
   *
   * @returns who wants to hear how this one call goes, where anybody does
   */
  begins(command: string): HsmCallWatch | undefined
  /**
   * A call to the HSM ended.
   *
   * @param command - name of the command, from the closed set of the HSM port
   * @param outcome - `ok`, or the failure class of the error
   */
  call(command: string, outcome: string, seconds: number): void
  /** A call was handed to an agent after it had waited for so long. */
  waited(seconds: number): void
  /** PKCS#11 functions that an agent called since it last told. */
  functions(figures: readonly FunctionFigure[]): void
  /**
   * The token, its library or an agent failed.
   *
   * @param call - the PKCS#11 function, such as `C_WrapKey`; nothing where no function answered
   */
  fault(kind: FaultClass, call: string | undefined): void
  /** The queue in front of the agents has this many calls now. */
  queue(length: number): void
  /** What agents and sessions there are now. */
  agents(counts: AgentCounts): void
  /**
   * An agent ended.
   *
   * @param reason - from a closed set: why it ended
   */
  agentEnded(reason: string): void
}

/** Agents and sessions of a token. */
export interface AgentCounts {
  /** Agents that serve calls. */
  readonly ready: number
  /** Agents that are being started. */
  readonly starting: number
  /** Sessions of the agents that serve. */
  readonly sessions: number
  /** Sessions that there are to be. */
  readonly wantedSessions: number
}

/**
 * How far an error of the token reaches, and so what mends it.
 *
 * - `request`: the token refuses this request and nothing else
 * - `session`: the session, its login or a handle of it is gone; a fresh session on the same library mends it
 * - `library`: the library or the device behind it is sick; a fresh process with a fresh C_Initialize mends it
 */
export type FaultClass = 'request' | 'session' | 'library'

/** How often a PKCS#11 function was called, how many of these calls failed, and how long all of them took. */
export interface FunctionFigure {
  /** Name of the function, such as `C_WrapKey`. */
  readonly name: string
  readonly calls: number
  readonly failed: number
  readonly ms: number
}

/** One call of a PKCS#11 function. */
export interface FunctionCall {
  /** Name of the function, such as `C_WrapKey`. */
  readonly name: string
  /** When it began, in milliseconds of `performance.now()`. */
  readonly at: number
  readonly ms: number
  /** The CKR_* number of a failure. */
  readonly rv?: number | undefined
}

/** How a call to the HSM went. Times in milliseconds of `performance.now()`. */
export interface HsmCall {
  readonly command: string
  /** `ok`, or the failure class of the error. */
  readonly outcome: string
  readonly arrivedAt: number
  /** When an agent got it, the last one of several; nothing where none did. */
  readonly handedOverAt: number | undefined
  readonly endedAt: number
  /** How many agents got it. */
  readonly attempts: number
  /** Whether the command is slow by nature: it has a deadline of its own. */
  readonly slow: boolean
  /** The PKCS#11 functions that it took, where they were asked for and an agent answered. */
  readonly functions: readonly FunctionCall[]
}

/** Port: who hears how one call to the HSM goes. */
export interface HsmCallWatch {
  /**
   * When the request arrived that this call is a part of, in milliseconds of `performance.now()`, later by what its slow
   * calls have taken: its deadline counts from then. Nothing where it counts from the call.
   */
  readonly requestedAt: number | undefined
  /** Whether the agent shall tell each PKCS#11 function with its times: that costs it some. */
  readonly detailed: boolean
  /** Must not throw. */
  ended(call: HsmCall): void
}

/** Nobody watches: commands keep no metrics. */
export const NO_HSM_OBSERVER: HsmObserver = {
  begins: () => undefined,
  call: () => undefined,
  waited: () => undefined,
  functions: () => undefined,
  fault: () => undefined,
  queue: () => undefined,
  agents: () => undefined,
  agentEnded: () => undefined,
}
