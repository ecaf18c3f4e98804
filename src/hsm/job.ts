import { HsmError } from '../core/hsm.js'
import type { CommandName } from './commands.js'
import type { CommandError } from './protocol.js'

/** What became of a job. */
export type JobAnswer = { readonly result: unknown } | { readonly error: HsmError }

/** A call on its way to the token and back. */
export interface Job {
  readonly command: CommandName
  readonly args: readonly unknown[]
  /** Milliseconds of the monotonic clock. */
  readonly arrivedAt: number
  /** How often it was handed to an agent. */
  attempts: number
  /** What a sick token said of it, before its agent ended. */
  lastError: CommandError | undefined
  /** Answers its caller; only the first answer counts. */
  settle(answer: JobAnswer): void
}

/** The error of the port from its form on the channel. */
export function hsmError({ failure, message, call, rv }: CommandError): HsmError {
  return new HsmError(failure, message, { call, rv })
}
