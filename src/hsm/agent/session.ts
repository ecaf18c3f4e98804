import { createRequire } from 'node:module'
import type * as Graphene from 'graphene-pk11'
import pkcs11, { type PKCS11 } from 'pkcs11js'
import type { StartFailure } from '../protocol.js'
import { isLoggedIn, isPinRefused } from '../return-values.js'
import type { TokenAddress } from '../uri.js'
import { returnValue } from './pkcs11-error.js'

/** CKF_OS_LOCKING_OK. Without it concurrent sessions of SoftHSM 2.6.1 fail and crash. PKCS#11 v3.1 section 5.4. */
const OS_LOCKING_OK = 2
const READ_WRITE = pkcs11.CKF_RW_SESSION | pkcs11.CKF_SERIAL_SESSION
/**
 * The object model of PKCS#11 for what happens once in a process. It is loaded there alone: each of the threads that join
 * would pay 2.6 MB for it.
 */
const requireHere = createRequire(import.meta.url)
/** CKS_RW_USER_FUNCTIONS: a read-write session of a user who is logged in. PKCS#11 v3.1 section 3.4. */
const LOGGED_IN = 3

/** Why the token could not be opened; the message is a sentence without secrets. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly failure: StartFailure

  constructor(failure: StartFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}

/** A logged-in read-write session: the only one of its thread at a time. */
export interface OpenSession {
  readonly lib: PKCS11
  readonly handle: Buffer
  /** Slot of the token. */
  readonly slot: Buffer
}

/**
 * Loads the library and initialises it: once in the life of a process.
 *
 * @throws StartError
 */
export function openLibrary(address: TokenAddress): Graphene.Module {
  const { Module } = requireHere('../../packages/graphene-pk11.cjs') as typeof Graphene
  const module = loading(address, () => Module.load(address.modulePath))
  attempt('The module would not initialise', () =>
    module.initialize({
      flags: OS_LOCKING_OK,
      // pkcs11js 2.1.7 cuts the last character of this text off, so it must be one that nobody misses.
      ...(address.libraryParameters === undefined
        ? {}
        : { libraryParameters: `${address.libraryParameters} ` }),
    }),
  )
  return module
}

/**
 * Finds the token by its label or serial number, opens a session and logs in.
 *
 * @throws StartError
 */
export function openSession(
  module: Graphene.Module,
  address: TokenAddress,
  pin: string,
): OpenSession {
  const slot = findSlot(module, address)
  if ((describe(slot).flags & pkcs11.CKF_LOGIN_REQUIRED) === 0) {
    throw new StartError('setting', 'The token has no user PIN yet: initialise it first.')
  }
  const { lib } = module
  const handle = openOn(lib, slot.handle)
  login(lib, handle, pin)
  return { lib, handle, slot: slot.handle }
}

/**
 * Opens one more session in a process that has initialised the library and logged in. Both hold for the whole process
 * (PKCS#11 v3.1 sections 5.4 and 5.6.8), so neither is done again: no PIN is tried here.
 *
 * @throws StartError
 */
export function joinSession(lib: PKCS11, slot: Buffer): OpenSession {
  const session = { lib, handle: openOn(lib, slot), slot }
  try {
    requireLogin(session)
    return session
  } catch (error) {
    dropSession(session)
    throw error
  }
}

/**
 * Joins once more, instead of a session that is lost or may be. The old one is closed last: with the last session of a
 * process its login goes (PKCS#11 v3.1 section 5.6.2), and the other threads may have none yet. A token that has no session
 * left for that gets the old one first.
 *
 * @throws StartError
 */
export function replaceSession(lost: OpenSession): OpenSession {
  let joined: OpenSession
  try {
    joined = joinSession(lost.lib, lost.slot)
  } catch {
    dropSession(lost)
    return joinSession(lost.lib, lost.slot)
  }
  dropSession(lost)
  return joined
}

function requireLogin({ lib, handle }: OpenSession): void {
  const { state } = attempt('The token would not describe a session', () =>
    lib.C_GetSessionInfo(handle),
  )
  if (state === LOGGED_IN) return
  throw new StartError('token', 'The login of this process does not hold for one more session.')
}

/** Loads the library, which another thread of this process may have loaded already. @throws StartError */
export function loadLibrary(address: TokenAddress): PKCS11 {
  const lib = new pkcs11.PKCS11()
  loading(address, () => lib.load(address.modulePath))
  return lib
}

function loading<Result>({ modulePath }: TokenAddress, load: () => Result): Result {
  try {
    return load()
  } catch (cause) {
    throw new StartError('setting', `The module ${modulePath} cannot be loaded.`, { cause })
  }
}

function findSlot(module: Graphene.Module, address: TokenAddress): Graphene.Slot {
  const slots = attempt('The module would not list its slots', () => module.getSlots(true))
  const all = Array.from({ length: slots.length }, (_, index) => slots.items(index))
  const [slot, other] = all.filter((one) => matches(describe(one), address))
  if (slot === undefined) {
    throw new StartError('token', `No token of ${address.modulePath} is named as the URI says.`)
  }
  if (other !== undefined) {
    throw new StartError(
      'setting',
      'Several tokens fit the URI: name the token by its serial number.',
    )
  }
  return slot
}

function describe(slot: Graphene.Slot): Graphene.Token {
  return attempt('The module would not describe a token', () => slot.getToken())
}

function openOn(lib: PKCS11, slot: Buffer): Buffer {
  return attempt('The token would not open a session', () => lib.C_OpenSession(slot, READ_WRITE))
}

function matches(token: Graphene.Token, address: TokenAddress): boolean {
  const pairs = [
    [address.token, token.label],
    [address.serial, token.serialNumber],
    [address.manufacturer, token.manufacturerID],
    [address.model, token.model],
  ] as const
  // The fields of CK_TOKEN_INFO are padded with blanks, or with zeroes by libraries that know no better.
  return pairs.every(([wanted, shown]) => wanted === undefined || wanted === trimPadding(shown))
}

/** Closes a session that is lost or may be: what the token says of it no longer counts. */
export function dropSession({ lib, handle }: OpenSession): void {
  try {
    lib.C_CloseSession(handle)
  } catch (error) {
    if (returnValue(error) === undefined) throw error
  }
}

/** Removes the padding of a fixed-length text of PKCS#11. */
export function trimPadding(text: string): string {
  return text.replace(/[ \0]+$/, '')
}

function login(lib: PKCS11, session: Buffer, pin: string): void {
  try {
    lib.C_Login(session, pkcs11.CKU_USER, pin)
  } catch (cause) {
    const rv = returnValue(cause)
    // Login holds for a whole process: a session that would not close keeps it.
    if (isLoggedIn(rv)) return
    if (isPinRefused(rv)) {
      throw new StartError(
        'pin',
        'The token refused the PIN. It is not tried again, since tokens lock themselves, until the PIN file is written anew.',
        { cause },
      )
    }
    throw new StartError('token', `C_Login returned ${hexadecimal(rv)}.`, { cause })
  }
}

function attempt<Result>(what: string, run: () => Result): Result {
  try {
    return run()
  } catch (cause) {
    throw new StartError('token', `${what}: return value ${hexadecimal(returnValue(cause))}.`, {
      cause,
    })
  }
}

function hexadecimal(rv: number | undefined): string {
  return rv === undefined ? 'unknown' : `0x${rv.toString(16)}`
}
