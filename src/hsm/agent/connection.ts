import type { Module } from 'graphene-pk11'
import { HsmError } from '../../core/hsm.js'
import type { TokenCommands } from '../commands.js'
import type { AgentStart, CommandReply, CommandRequest } from '../protocol.js'
import { beginDetails, takeDetails } from './function-calls.js'
import { Handles, type SharedHandles } from './handles.js'
import { TokenError } from './pkcs11-error.js'
import { readPin } from './pin-file.js'
import {
  type OpenSession,
  dropSession,
  joinSession,
  loadLibrary,
  openLibrary,
  openSession,
  replaceSession,
} from './session.js'
import { proveToken, tokenCommands } from './token.js'

/** How long the keys of the token may be enumerated, of the time that an agent has to start. */
const ENUMERATION_MS = 8000
/** The same where calls wait for a session that was lost. */
const SHORT_ENUMERATION_MS = 200
/** The same between calls. */
const SLICE_MS = 5

/** What the first thread of a process found, and the others need not find again. */
export interface FoundToken {
  readonly slot: Uint8Array
  readonly handles: SharedHandles
}

/**
 * The token as one thread sees it: its session, and the commands over it.
 *
 * The session can be opened anew; every handle goes with it. The library never is: what needs a fresh C_Initialize gets a
 * fresh process, and so does a login that is lost where several sessions share it.
 */
export class Connection {
  readonly #start: AgentStart
  /** Nothing where another thread of this process opened the library. */
  readonly #module: Module | undefined
  #session: OpenSession
  #handles: Handles
  #commands: TokenCommands

  private constructor(
    start: AgentStart,
    session: OpenSession,
    handles: Handles,
    module: Module | undefined,
  ) {
    this.#start = start
    this.#module = module
    this.#session = session
    this.#handles = handles
    this.#commands = tokenCommands(session, handles, start.profile)
  }

  /**
   * Opens the token in a process that has not, and proves it with the known-answer tests unless it is to be inspected
   * unproven.
   *
   * @throws StartError
   */
  static open(start: AgentStart): Connection {
    const module = openLibrary(start.address)
    const session = openProven(module, start)
    const handles = new Handles(session, start.profile.newKeyVisibleAfterMs)
    handles.enumerate(ENUMERATION_MS)
    return new Connection(start, session, handles, module)
  }

  /**
   * Opens one more session on a token that another thread of this process has opened and proven.
   *
   * @throws StartError
   */
  static join(start: AgentStart, found: FoundToken): Connection {
    const session = joinSession(loadLibrary(start.address), Buffer.from(found.slot))
    const { newKeyVisibleAfterMs } = start.profile
    const handles = new Handles(session, newKeyVisibleAfterMs, found.handles)
    return new Connection(start, session, handles, undefined)
  }

  /** What other threads of this process join it with. */
  share(): FoundToken {
    return { slot: this.#session.slot, handles: this.#handles.share() }
  }

  /**
   * Goes on for some milliseconds with an enumeration that is not through. An error is left to the next call that meets it.
   */
  learn(): void {
    if (!this.#handles.isEnumerating) return
    try {
      this.#handles.enumerate(SLICE_MS)
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
    }
  }

  /** Runs a command; whatever it throws becomes an error reply. */
  run(request: CommandRequest): CommandReply {
    if (!request.detailed) return this.#serve(request)
    beginDetails()
    const reply = this.#serve(request)
    return { ...reply, functions: takeDetails() }
  }

  #serve({ id, command, args }: CommandRequest): CommandReply {
    try {
      // The service types each call by the port; across the channel only the shape of a function is left.
      const method = this.#commands[command] as (...args: readonly unknown[]) => unknown
      return { id, result: method(...args) }
    } catch (error) {
      return { id, ...describe(error) }
    }
  }

  /**
   * Replaces a session that is lost. Of several sessions in one process none logs in again: all of them might at once, with
   * a PIN that is wrong by now.
   *
   * @throws StartError when that does not work, or the token no longer passes the known-answer tests
   */
  reopen(): void {
    const { profile, sessions } = this.#start
    const isAlone = sessions === 1
    this.#session =
      this.#module && isAlone ? this.#loginAnew(this.#module) : replaceSession(this.#session)
    this.#handles = new Handles(this.#session, profile.newKeyVisibleAfterMs)
    this.#commands = tokenCommands(this.#session, this.#handles, profile)
    // A thread searches what it needs: the keys of a full token take megabytes, in each of them.
    if (isAlone) this.#handles.enumerate(SHORT_ENUMERATION_MS)
  }

  #loginAnew(module: Module): OpenSession {
    dropSession(this.#session)
    return openProven(module, this.#start)
  }
}

function openProven(
  module: Module,
  { address, profile, pinStamp, unproven = false }: AgentStart,
): OpenSession {
  const session = openSession(module, address, readPin(address, { profile, pinStamp }))
  if (!unproven) proveToken(session, profile)
  return session
}

function describe(
  error: unknown,
): Pick<Extract<CommandReply, { error: unknown }>, 'error' | 'radius'> {
  const radius = error instanceof TokenError ? error.radius : 'library'
  if (error instanceof HsmError) {
    const { failure, message, call, rv } = error
    return { radius, error: { failure, message, call, rv } }
  }
  const message = error instanceof Error ? error.message : 'unknown failure'
  return { radius, error: { failure: 'fault', message, call: undefined, rv: undefined } }
}
