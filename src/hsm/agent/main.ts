import { Socket } from 'node:net'
import { HsmError } from '../../core/hsm.js'
import { Channel } from '../channel.js'
import type { TokenCommands } from '../commands.js'
import type { AgentStart, CommandReply, CommandRequest, FromAgent, ToAgent } from '../protocol.js'
import { TokenError } from './pkcs11-error.js'
import { StartError } from './session.js'
import { openToken } from './token.js'

/*
 * The agent: a process with one PKCS#11 library, one logged-in session, and one call at a time. It answers requests
 * in their order and ends with the channel; signals of the terminal are the service's business.
 */

const CHANNEL_FD = 3
/**
 * Replies wait this long for others at most: the service works on the first ones of a message while the agent works on
 * the rest.
 */
const REPLY_HOLD_MS = 0.4

process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

let token: TokenCommands | undefined
const channel = new Channel<ToAgent, FromAgent>(new Socket({ fd: CHANNEL_FD }), take, () =>
  process.exit(0),
)

function take(message: ToAgent): void {
  if ('profile' in message) start(message)
  else answer(message)
}

function start(message: AgentStart): void {
  try {
    token = openToken(message)
  } catch (error) {
    channel.send(
      error instanceof StartError
        ? { refused: error.failure, message: error.message }
        : { refused: 'token', message: error instanceof Error ? error.message : 'unknown failure' },
    )
    channel.drained(() => process.exit(1))
    return
  }
  channel.send({ started: true })
}

function answer(requests: readonly CommandRequest[]): void {
  let replies: CommandReply[] = []
  let heldSince = performance.now()
  for (const request of requests) {
    const reply = run(request)
    replies.push(reply)
    if ('error' in reply && reply.radius === 'agent') {
      // The session or the library is sick: whatever follows goes to a fresh process.
      send(replies)
      channel.drained(() => process.exit(1))
      return
    }
    if (performance.now() - heldSince >= REPLY_HOLD_MS) {
      send(replies)
      replies = []
      heldSince = performance.now()
    }
  }
  if (replies.length > 0) send(replies)
}

/** The channel zeroes its own copy when it is gone; the results themselves may hold clear secrets as well. */
function send(replies: readonly CommandReply[]): void {
  channel.send(replies)
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

function run({ id, command, args }: CommandRequest): CommandReply {
  try {
    if (!token) throw new HsmError('unavailable', 'The agent has no token yet.')
    // The service types each call by the port; across the channel only the shape of a function is left.
    const method = token[command] as (...args: readonly unknown[]) => unknown
    return { id, result: method(...args) }
  } catch (error) {
    return { id, ...describe(error) }
  }
}

function describe(
  error: unknown,
): Pick<Extract<CommandReply, { error: unknown }>, 'error' | 'radius'> {
  const radius = error instanceof TokenError ? error.radius : 'agent'
  if (error instanceof HsmError) {
    const { failure, message, call, rv } = error
    return { radius, error: { failure, message, call, rv } }
  }
  const message = error instanceof Error ? error.message : 'unknown failure'
  return { radius, error: { failure: 'fault', message, call: undefined, rv: undefined } }
}
