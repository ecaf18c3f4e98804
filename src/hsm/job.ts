import { HsmError } from '../core/hsm.js'
import type { CommandName } from './commands.js'
import type { CommandError, CommandReply, CommandRequest, ReplyNotes } from './protocol.js'
import { SHARED_CLOCK_MS } from './shared-clock.js'

/** What became of a job. */
export type JobAnswer = Pick<ReplyNotes, 'functions'> &
  ({ readonly result: unknown } | { readonly error: HsmError })

/** A call on its way to the token and back. */
export interface Job {
  readonly command: CommandName
  readonly args: readonly unknown[]
  /** Milliseconds of the monotonic clock. */
  readonly arrivedAt: number
  /** When nobody waits for its answer any more: it is not begun after that. Milliseconds of the monotonic clock. */
  readonly deadlineAt: number
  /** How long a session may be at it before its agent counts as hung, in milliseconds. */
  readonly limitMs: number
  /** Whether it is slow by nature, so that nothing may be made to wait behind it. */
  readonly slow: boolean
  /** Whether its agent shall tell each PKCS#11 function that it takes. */
  readonly detailed: boolean
  /** How often it was handed to an agent. */
  attempts: number
  /** When it was handed over last, in milliseconds of the monotonic clock. */
  handedOverAt: number | undefined
  /** What a token said of it whose session or library was lost with that. */
  lastError: CommandError | undefined
  /** Whether an agent did not find its key, so that one which started afterwards has the last word. */
  doubted: boolean
  /** Answers its caller; only the first answer counts. */
  settle(answer: JobAnswer): void
}

/** The error of the port from its form on the channel. */
export function hsmError({ failure, message, call, rv }: CommandError): HsmError {
  return new HsmError(failure, message, { call, rv })
}

/** Takes note that a job goes to an agent now, and writes the request for it. */
export function handOver(job: Job, id: number): CommandRequest {
  job.attempts++
  job.handedOverAt = performance.now()
  const { command, args, deadlineAt } = job
  const request = { id, command, args, until: deadlineAt + SHARED_CLOCK_MS }
  return job.detailed ? { detailed: true, ...request } : request
}

/** What a reply says, in the words of the port. */
export function answerOf(reply: CommandReply): JobAnswer {
  const functions = reply.functions?.map((one) => ({ ...one, at: one.at - SHARED_CLOCK_MS }))
  if ('result' in reply) {
    // Nearly every reply tells nothing else.
    return functions ? { result: reply.result, functions } : reply
  }
  return { error: hsmError(reply.error), functions }
}
