import type { HsmFailure } from '../core/hsm.js'
import type { CommandName } from './commands.js'
import type { Profile } from './profile.js'
import type { TokenAddress } from './uri.js'

/** First message to an agent: all it has to know. The PIN is not among it: the agent reads its file. */
export interface AgentStart {
  readonly address: TokenAddress
  readonly profile: Profile
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
}

/** What the service sends: the start, then requests, as many together as one turn of its event loop brought. */
export type ToAgent = AgentStart | readonly CommandRequest[]

/**
 * How far an error of the token reaches: it costs the request, or the agent with its session and its library.
 */
export type Radius = 'request' | 'agent'

/** An error, in a form that crosses the channel. */
export interface CommandError {
  readonly failure: HsmFailure
  readonly message: string
  readonly call: string | undefined
  readonly rv: number | undefined
}

/** Answer to one request. */
export type CommandReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: CommandError; readonly radius: Radius }

/**
 * Why an agent could not start.
 *
 * - `pin`: the token refused the PIN; it must not be tried again, tokens lock themselves
 * - `setting`: the URI, the profile or the PIN file is wrong
 * - `token`: the token is away or sick; trying again later may help
 */
export type StartFailure = 'pin' | 'setting' | 'token'

/** What an agent sends: one word about its start, then replies in the order of the requests. */
export type FromAgent =
  | { readonly started: true }
  | { readonly refused: StartFailure; readonly message: string }
  | readonly CommandReply[]
