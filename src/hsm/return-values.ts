import type { HsmFailure } from '../core/hsm.js'
import type { Radius } from './protocol.js'

/** What a return value means for the service. */
export interface ReturnValueClass {
  readonly failure: HsmFailure
  readonly radius: Radius
}

/** Return values by number: their names end at PKCS#11 2.20 in the binding, and vendors add numbers of their own. */
export const CKR = {
  HOST_MEMORY: 0x02,
  SLOT_ID_INVALID: 0x03,
  GENERAL_ERROR: 0x05,
  FUNCTION_FAILED: 0x06,
  ARGUMENTS_BAD: 0x07,
  ATTRIBUTE_READ_ONLY: 0x10,
  ATTRIBUTE_SENSITIVE: 0x11,
  ATTRIBUTE_TYPE_INVALID: 0x12,
  ATTRIBUTE_VALUE_INVALID: 0x13,
  ACTION_PROHIBITED: 0x1b,
  DATA_LEN_RANGE: 0x21,
  DEVICE_ERROR: 0x30,
  DEVICE_MEMORY: 0x31,
  DEVICE_REMOVED: 0x32,
  ENCRYPTED_DATA_INVALID: 0x40,
  FUNCTION_NOT_SUPPORTED: 0x54,
  KEY_HANDLE_INVALID: 0x60,
  KEY_SIZE_RANGE: 0x62,
  KEY_TYPE_INCONSISTENT: 0x63,
  KEY_FUNCTION_NOT_PERMITTED: 0x68,
  KEY_NOT_WRAPPABLE: 0x69,
  KEY_UNEXTRACTABLE: 0x6a,
  MECHANISM_INVALID: 0x70,
  OBJECT_HANDLE_INVALID: 0x82,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  SESSION_CLOSED: 0xb0,
  SESSION_COUNT: 0xb1,
  SESSION_HANDLE_INVALID: 0xb3,
  SIGNATURE_INVALID: 0xc0,
  SIGNATURE_LEN_RANGE: 0xc1,
  TEMPLATE_INCONSISTENT: 0xd1,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_NOT_RECOGNIZED: 0xe1,
  UNWRAPPING_KEY_HANDLE_INVALID: 0xf0,
  UNWRAPPING_KEY_SIZE_RANGE: 0xf1,
  UNWRAPPING_KEY_TYPE_INCONSISTENT: 0xf2,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  USER_PIN_NOT_INITIALIZED: 0x102,
  USER_TYPE_INVALID: 0x103,
  WRAPPED_KEY_INVALID: 0x110,
  WRAPPED_KEY_LEN_RANGE: 0x112,
  WRAPPING_KEY_HANDLE_INVALID: 0x113,
  WRAPPING_KEY_SIZE_RANGE: 0x114,
  WRAPPING_KEY_TYPE_INCONSISTENT: 0x115,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  FUNCTION_REJECTED: 0x200,
} as const

/** The token says that it cannot do this at all: the request ends, the agent goes on. */
const UNSUPPORTED: ReadonlySet<number> = new Set([
  CKR.FUNCTION_NOT_SUPPORTED,
  CKR.KEY_SIZE_RANGE,
  CKR.KEY_TYPE_INCONSISTENT,
  CKR.KEY_FUNCTION_NOT_PERMITTED,
  CKR.KEY_NOT_WRAPPABLE,
  CKR.KEY_UNEXTRACTABLE,
  CKR.MECHANISM_INVALID,
  CKR.UNWRAPPING_KEY_SIZE_RANGE,
  CKR.UNWRAPPING_KEY_TYPE_INCONSISTENT,
  CKR.WRAPPING_KEY_SIZE_RANGE,
  CKR.WRAPPING_KEY_TYPE_INCONSISTENT,
])

/** The token refuses what was asked of it: the request ends, the agent goes on. */
const REQUEST_FAULTS: ReadonlySet<number> = new Set([
  CKR.ATTRIBUTE_READ_ONLY,
  CKR.ATTRIBUTE_SENSITIVE,
  CKR.ATTRIBUTE_TYPE_INVALID,
  CKR.ATTRIBUTE_VALUE_INVALID,
  CKR.ACTION_PROHIBITED,
  CKR.DATA_LEN_RANGE,
  CKR.ENCRYPTED_DATA_INVALID,
  CKR.FUNCTION_REJECTED,
  CKR.TEMPLATE_INCONSISTENT,
  CKR.WRAPPED_KEY_INVALID,
  CKR.WRAPPED_KEY_LEN_RANGE,
])

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

/**
 * The class of a return value.
 *
 * What is in no table is taken for a sick session or library: the agent ends, and a fresh process with a fresh
 * C_Initialize takes its place. That is slower than a repair and never wrong.
 */
export function classify(rv: number): ReturnValueClass {
  if (UNSUPPORTED.has(rv)) return { failure: 'unsupported', radius: 'request' }
  if (REQUEST_FAULTS.has(rv)) return { failure: 'fault', radius: 'request' }
  if (STALE_HANDLES.has(rv)) return { failure: 'key-missing', radius: 'request' }
  return { failure: 'unavailable', radius: 'agent' }
}

/** Whether a return value refuses an attempt on a key, rather than failing at it. */
export function isRefusal(rv: number | undefined): boolean {
  return rv !== undefined && REFUSALS.has(rv)
}

/** Whether a return value says that a handle is stale. */
export function isStaleHandle(rv: number | undefined): boolean {
  return rv !== undefined && STALE_HANDLES.has(rv)
}

/** Whether a return value of C_Verify says that the signature is wrong, rather than that it could not be verified. */
export function isWrongSignature(rv: number | undefined): boolean {
  return rv === CKR.SIGNATURE_INVALID || rv === CKR.SIGNATURE_LEN_RANGE
}

/** Whether a return value of C_Login says that the PIN is not accepted. */
export function isPinRefused(rv: number | undefined): boolean {
  return rv !== undefined && PIN_REFUSED.has(rv)
}
