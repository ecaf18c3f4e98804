import { readFileSync } from 'node:fs'
import { Module, SessionFlag, type Session, type Slot, UserType } from 'graphene-pk11'
import type { PKCS11 } from 'pkcs11js'
import type { StartFailure } from '../protocol.js'
import { isPinRefused } from '../return-values.js'
import type { TokenAddress } from '../uri.js'
import { returnValue } from './pkcs11-error.js'

/** CKF_OS_LOCKING_OK. Without it concurrent sessions of SoftHSM 2.6.1 fail and crash. PKCS#11 v3.1 section 5.4. */
const OS_LOCKING_OK = 2
/** CKF_LOGIN_REQUIRED of CK_TOKEN_INFO. */
const LOGIN_REQUIRED = 4

/** Why the token could not be opened; the message is a sentence without secrets. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly failure: StartFailure

  constructor(failure: StartFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}

/** A logged-in read-write session: the only one of this process. */
export interface OpenSession {
  readonly lib: PKCS11
  readonly handle: Buffer
  readonly module: Module
  readonly slot: Slot
}

/**
 * Loads the library, finds the token by its label or serial number, and logs in.
 *
 * @throws StartError
 */
export function openSession(address: TokenAddress): OpenSession {
  const module = loadModule(address)
  const slot = findSlot(module, address)
  if ((slot.getToken().flags & LOGIN_REQUIRED) === 0) {
    throw new StartError('setting', 'The token has no user PIN yet: initialise it first.')
  }
  const pin = readPin(address.pinFile)
  const session = attempt('The token would not open a session', () =>
    slot.open(SessionFlag.RW_SESSION | SessionFlag.SERIAL_SESSION),
  )
  login(session, pin)
  return { lib: module.lib, handle: session.handle, module, slot }
}

function loadModule(address: TokenAddress): Module {
  let module: Module
  try {
    module = Module.load(address.modulePath)
  } catch (cause) {
    throw new StartError('setting', `The module ${address.modulePath} cannot be loaded.`, { cause })
  }
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

function findSlot(module: Module, address: TokenAddress): Slot {
  const slots = attempt('The module would not list its slots', () => module.getSlots(true))
  const found: Slot[] = []
  for (let index = 0; index < slots.length; index++) {
    const slot = slots.items(index)
    if (matches(slot, address)) found.push(slot)
  }
  const [slot] = found
  if (slot === undefined) {
    throw new StartError('token', `No token of ${address.modulePath} is named as the URI says.`)
  }
  if (found.length > 1) {
    throw new StartError(
      'setting',
      'Several tokens fit the URI: name the token by its serial number.',
    )
  }
  return slot
}

function matches(slot: Slot, address: TokenAddress): boolean {
  const token = slot.getToken()
  const pairs = [
    [address.token, token.label],
    [address.serial, token.serialNumber],
    [address.manufacturer, token.manufacturerID],
    [address.model, token.model],
  ] as const
  // The fields of CK_TOKEN_INFO are padded with blanks, or with zeroes by libraries that know no better.
  return pairs.every(([wanted, shown]) => wanted === undefined || wanted === trimPadding(shown))
}

/** Removes the padding of a fixed-length text of PKCS#11. */
export function trimPadding(text: string): string {
  return text.replace(/[ \0]+$/, '')
}

function readPin(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StartError('setting', `The PIN file ${file} cannot be read.`, { cause })
  }
  const pin = text.replace(/\r?\n$/, '')
  if (pin === '') throw new StartError('setting', `The PIN file ${file} is empty.`)
  return pin
}

function login(session: Session, pin: string): void {
  try {
    session.login(pin, UserType.USER)
  } catch (cause) {
    const rv = returnValue(cause)
    if (isPinRefused(rv)) {
      throw new StartError(
        'pin',
        'The token refused the PIN. It is not tried again, since tokens lock themselves.',
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
