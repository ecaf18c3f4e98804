import type { HsmFailure } from '../core/hsm.js'
import type { FaultClass, FunctionCall, FunctionFigure } from '../core/hsm-observer.js'
import type { CommandName } from './commands.js'
import type { Profile } from './profile.js'
import type { TokenAddress } from './uri.js'

/** First message to an agent: all it has to know. The PIN is not among it: the agent reads its file. */
export interface AgentStart {
  readonly address: TokenAddress
  readonly profile: Profile
  /** Sessions of the agent, each in a thread of its own where they are several. */
  readonly sessions: number
  /**
   * The writing of the PIN file that may be tried: another one is a matter of another start, also where a lost session is
   * opened anew. Any where it is left out.
   */
  readonly pinStamp?: string
  /**
   * Opens a token that fails the known-answer tests all the same, for an inspection that reports what fails. Nothing may
   * be served over it.
   */
  readonly unproven?: boolean
}

/** One call of a command. */
export interface CommandRequest {
  /** Unique per agent. */
  readonly id: number
  readonly command: CommandName
  readonly args: readonly unknown[]
  /** When it is too late to begin it, in milliseconds of the shared clock. */
  readonly until: number
  /** Whether the reply shall tell each PKCS#11 function that it takes. */
  readonly detailed?: true
}

/** What the service sends: the start, then requests, as many together as one turn of its event loop brought. */
export type ToAgent = AgentStart | readonly CommandRequest[]

/** An error, in a form that crosses the channel. */
export interface CommandError {
  readonly failure: HsmFailure
  readonly message: string
  readonly call: string | undefined
  readonly rv: number | undefined
}

/** What a reply tells of the work besides its result. */
export interface ReplyNotes {
  /** The PKCS#11 functions of this request, where it asked for them; `at` by the shared clock. */
  readonly functions?: readonly FunctionCall[] | undefined
  /** All that were called since the agent last told, now and then. */
  readonly figures?: readonly FunctionFigure[] | undefined
}

/** Answer to one request. */
export type CommandReply = ReplyNotes &
  (
    | { readonly id: number; readonly result: unknown }
    | { readonly id: number; readonly error: CommandError; readonly radius: FaultClass }
  )

/**
 * Why an agent could not start.
 *
 * - `pin`: the token refused the PIN; it must not be tried again, tokens lock themselves
 * - `setting`: the URI, the profile or the PIN file is wrong
 * - `token`: the token is away or sick; trying again later may help
 */
export type StartFailure = 'pin' | 'setting' | 'token'

/** What an agent sends: words about its start, and replies, of each session in the order of its requests. */
export type FromAgent =
  /** `sessions`: those that it has by now; said again when there are more. */
  | { readonly started: true; readonly sessions: number }
  | { readonly refused: StartFailure; readonly message: string }
  | readonly CommandReply[]
