import { performance } from 'node:perf_hooks'
import type { CommandReply, CommandRequest, FromAgent } from '../protocol.js'
import { SHARED_CLOCK_MS } from '../shared-clock.js'
import type { Connection } from './connection.js'
import { takeFigures } from './function-calls.js'
import { StartError } from './session.js'

/**
 * Replies wait this long for others at most: the service works on the first ones of a message while the agent works on
 * the rest.
 */
const REPLY_HOLD_MS = 0.4

/**
 * Runs requests in their order, one PKCS#11 call at a time, and sends the replies. A session that is lost is opened anew.
 *
 * @returns whether the process can go on; if not, requests that were not answered go to a fresh one
 */
export function answer(
  token: Connection,
  requests: readonly CommandRequest[],
  send: (message: FromAgent) => void,
): boolean {
  let replies: CommandReply[] = []
  let heldSince = performance.now()
  for (const request of requests) {
    const reply = isLate(request) ? tooLate(request) : token.run(request)
    replies.push(reply)
    const radius = 'error' in reply ? reply.radius : 'request'
    const due = radius !== 'request' || performance.now() - heldSince >= REPLY_HOLD_MS
    if (!due) continue
    sendAndWipe(replies, send, { last: radius === 'library' })
    replies = []
    heldSince = performance.now()
    // Whatever follows goes on over a fresh session, or to a fresh process.
    if (radius === 'session' && !reopens(token, send)) return false
    if (radius === 'library') return false
  }
  if (replies.length > 0) sendAndWipe(replies, send, { last: false })
  token.learn()
  return true
}

/** What an agent says of a token that it cannot open. */
export function refusal(error: unknown): Extract<FromAgent, { refused: unknown }> {
  return error instanceof StartError
    ? { refused: error.failure, message: error.message }
    : { refused: 'token', message: error instanceof Error ? error.message : 'unknown failure' }
}

/** Its caller was answered meanwhile. */
function isLate({ until }: CommandRequest): boolean {
  return performance.now() + SHARED_CLOCK_MS >= until
}

function tooLate({ id }: CommandRequest): CommandReply {
  const message = 'No session was free before the deadline.'
  const error = { failure: 'busy', message, call: undefined, rv: undefined } as const
  return { id, error, radius: 'request' }
}

function reopens(token: Connection, send: (message: FromAgent) => void): boolean {
  try {
    token.reopen()
    return true
  } catch (error) {
    send(refusal(error))
    return false
  }
}

/** The channel zeroes its own copy when it is gone; the results themselves may hold clear secrets as well. */
function sendAndWipe(
  replies: readonly CommandReply[],
  send: (message: FromAgent) => void,
  { last }: { readonly last: boolean },
): void {
  const [first, ...others] = replies
  const figures = takeFigures({ last })
  send(first && figures ? [{ ...first, figures }, ...others] : replies)
  for (const reply of replies) {
    if ('result' in reply) wipe(reply.result)
  }
}

function wipe(result: unknown): void {
  if (result instanceof Uint8Array) result.fill(0)
  else if (typeof result === 'object' && result !== null) {
    for (const member of Object.values(result)) {
      if (member instanceof Uint8Array) member.fill(0)
    }
  }
}
