import { RETURN_VALUES, type ReturnValueClass } from './return-value-table.js'

const ROWS = Object.entries(RETURN_VALUES)

/** Return values by name. */
export const CKR = Object.fromEntries(ROWS.map(([name, { rv }]) => [name, rv])) as Readonly<
  Record<keyof typeof RETURN_VALUES, number>
>

const CLASSES: ReadonlyMap<number, ReturnValueClass> = new Map(
  ROWS.map(([, { rv, failure, radius }]) => [rv, { failure, radius }]),
)

/** A handle means nothing any more: search the key again before believing anything. */
const STALE_HANDLES: ReadonlySet<number> = new Set([
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
  CKR.UNWRAPPING_KEY_HANDLE_INVALID,
  CKR.WRAPPING_KEY_HANDLE_INVALID,
])

/**
 * The token says by a rule about the key, or by lacking the function, that it will not do this. Anything else, such as
 * an unknown mechanism, ends an attempt on a key too, but shows nothing about the key.
 */
const REFUSALS: ReadonlySet<number> = new Set([
  CKR.ATTRIBUTE_READ_ONLY,
  CKR.ATTRIBUTE_SENSITIVE,
  CKR.ATTRIBUTE_VALUE_INVALID,
  CKR.ACTION_PROHIBITED,
  CKR.FUNCTION_NOT_SUPPORTED,
  CKR.FUNCTION_REJECTED,
  CKR.KEY_FUNCTION_NOT_PERMITTED,
  CKR.KEY_NOT_WRAPPABLE,
  CKR.KEY_UNEXTRACTABLE,
  CKR.TEMPLATE_INCONSISTENT,
])

/** The token refuses the PIN itself: it must never be tried a second time. */
const PIN_REFUSED: ReadonlySet<number> = new Set([
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.PIN_LOCKED,
])

/** The device is away, or the library is not ready: no input makes a token say so, unless its profile names the value. */
const AWAY: ReadonlySet<number> = new Set([
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
  CKR.CRYPTOKI_NOT_INITIALIZED,
])

const UNKNOWN: ReturnValueClass = { failure: 'unavailable', radius: 'library' }

/** Name of a return value, as PKCS#11 spells it. */
export type ReturnValueName = `CKR_${keyof typeof RETURN_VALUES}`

const NAMES: ReadonlyMap<number, ReturnValueName> = new Map(
  (Object.keys(RETURN_VALUES) as (keyof typeof RETURN_VALUES)[]).map((name) => [
    RETURN_VALUES[name].rv,
    `CKR_${name}`,
  ]),
)

/**
 * Names of the return values that say that session or device is lost. A stale handle is none of them here: that is never
 * said of input, since no handle comes from a client.
 */
export const LOSSES: ReadonlyMap<number, ReturnValueName> = new Map(
  [...NAMES].filter(([rv]) => isOfLoss(rv) && !STALE_HANDLES.has(rv)),
)

/** The class of a return value; one that is in no table is taken for a sick library. */
export function classify(rv: number): ReturnValueClass {
  return CLASSES.get(rv) ?? UNKNOWN
}

/** Name of a return value; nothing for one that is in no table. */
export function returnValueName(rv: number | undefined): ReturnValueName | undefined {
  return rv === undefined ? undefined : NAMES.get(rv)
}

/** Whether a return value refuses an attempt on a key, rather than failing at it. */
export function isRefusal(rv: number | undefined): boolean {
  return rv !== undefined && REFUSALS.has(rv)
}

/** Whether a return value says that a handle is stale. */
export function isStaleHandle(rv: number | undefined): boolean {
  return rv !== undefined && STALE_HANDLES.has(rv)
}

/**
 * Whether a return value says beyond doubt, on the token of a profile, that session or device is lost: whatever was sent
 * has no part in it. What that token also says of bad input (`inputErrors`) is doubtful.
 */
export function isLoss(
  rv: number | undefined,
  { inputErrors = [] }: { readonly inputErrors?: readonly ReturnValueName[] },
): boolean {
  if (rv === undefined || !isOfLoss(rv)) return false
  const name = LOSSES.get(rv)
  return name === undefined || !inputErrors.includes(name)
}

function isOfLoss(rv: number): boolean {
  return AWAY.has(rv) || classify(rv).radius === 'session'
}

/** Whether a return value of C_Verify says that the signature is wrong, rather than that it could not be verified. */
export function isWrongSignature(rv: number | undefined): boolean {
  return rv === CKR.SIGNATURE_INVALID || rv === CKR.SIGNATURE_LEN_RANGE
}

/** Whether a return value of C_Login says that the PIN is not accepted. */
export function isPinRefused(rv: number | undefined): boolean {
  return rv !== undefined && PIN_REFUSED.has(rv)
}

/** Whether a return value of C_Login says that this process is logged in: login holds for all sessions of a process. */
export function isLoggedIn(rv: number | undefined): boolean {
  return rv === CKR.USER_ALREADY_LOGGED_IN
}
