import type { HsmFailure } from '../core/hsm.js'
import type { FaultClass } from '../core/hsm-observer.js'

/** What a return value means for the service. */
export interface ReturnValueClass {
  readonly failure: HsmFailure
  readonly radius: FaultClass
}

interface Row extends ReturnValueClass {
  readonly rv: number
}

/**
 * Every return value of PKCS#11 v3.1 (section 5.1) that a call of ours can give, by number: names end at version 2.20 in
 * the binding, and vendors add numbers of their own.
 *
 * A value that is not here is taken for a sick library: slower than a repair, and never wrong.
 */
export const RETURN_VALUES = {
  CANCEL: library(0x01),
  HOST_MEMORY: library(0x02),
  SLOT_ID_INVALID: library(0x03),
  GENERAL_ERROR: library(0x05),
  FUNCTION_FAILED: library(0x06),
  ARGUMENTS_BAD: library(0x07),
  NO_EVENT: library(0x08),
  NEED_TO_CREATE_THREADS: library(0x09),
  CANT_LOCK: library(0x0a),
  ATTRIBUTE_READ_ONLY: refused(0x10),
  ATTRIBUTE_SENSITIVE: refused(0x11),
  ATTRIBUTE_TYPE_INVALID: refused(0x12),
  ATTRIBUTE_VALUE_INVALID: refused(0x13),
  ACTION_PROHIBITED: refused(0x1b),
  DATA_INVALID: library(0x20),
  DATA_LEN_RANGE: refused(0x21),
  DEVICE_ERROR: library(0x30),
  DEVICE_MEMORY: session(0x31),
  DEVICE_REMOVED: library(0x32),
  ENCRYPTED_DATA_INVALID: refused(0x40),
  ENCRYPTED_DATA_LEN_RANGE: library(0x41),
  AEAD_DECRYPT_FAILED: library(0x42),
  FUNCTION_CANCELED: session(0x50),
  FUNCTION_NOT_PARALLEL: library(0x51),
  FUNCTION_NOT_SUPPORTED: unsupported(0x54),
  KEY_HANDLE_INVALID: session(0x60),
  KEY_SIZE_RANGE: unsupported(0x62),
  KEY_TYPE_INCONSISTENT: unsupported(0x63),
  KEY_NOT_NEEDED: library(0x64),
  KEY_CHANGED: library(0x65),
  KEY_NEEDED: library(0x66),
  KEY_INDIGESTIBLE: library(0x67),
  KEY_FUNCTION_NOT_PERMITTED: unsupported(0x68),
  KEY_NOT_WRAPPABLE: unsupported(0x69),
  KEY_UNEXTRACTABLE: unsupported(0x6a),
  MECHANISM_INVALID: unsupported(0x70),
  MECHANISM_PARAM_INVALID: library(0x71),
  OBJECT_HANDLE_INVALID: session(0x82),
  OPERATION_ACTIVE: session(0x90),
  OPERATION_NOT_INITIALIZED: session(0x91),
  PIN_INCORRECT: library(0xa0),
  PIN_INVALID: library(0xa1),
  PIN_LEN_RANGE: library(0xa2),
  PIN_EXPIRED: library(0xa3),
  PIN_LOCKED: library(0xa4),
  SESSION_CLOSED: session(0xb0),
  SESSION_COUNT: session(0xb1),
  SESSION_PARALLEL_NOT_SUPPORTED: library(0xb4),
  SESSION_HANDLE_INVALID: session(0xb3),
  SESSION_READ_ONLY: session(0xb5),
  SESSION_EXISTS: session(0xb6),
  SESSION_READ_ONLY_EXISTS: session(0xb7),
  SESSION_READ_WRITE_SO_EXISTS: session(0xb8),
  SIGNATURE_INVALID: library(0xc0),
  SIGNATURE_LEN_RANGE: library(0xc1),
  TEMPLATE_INCOMPLETE: library(0xd0),
  TEMPLATE_INCONSISTENT: refused(0xd1),
  TOKEN_NOT_PRESENT: library(0xe0),
  TOKEN_NOT_RECOGNIZED: library(0xe1),
  TOKEN_WRITE_PROTECTED: library(0xe2),
  UNWRAPPING_KEY_HANDLE_INVALID: session(0xf0),
  UNWRAPPING_KEY_SIZE_RANGE: unsupported(0xf1),
  UNWRAPPING_KEY_TYPE_INCONSISTENT: unsupported(0xf2),
  USER_ALREADY_LOGGED_IN: session(0x100),
  USER_NOT_LOGGED_IN: session(0x101),
  USER_PIN_NOT_INITIALIZED: library(0x102),
  USER_TYPE_INVALID: library(0x103),
  USER_ANOTHER_ALREADY_LOGGED_IN: session(0x104),
  USER_TOO_MANY_TYPES: library(0x105),
  WRAPPED_KEY_INVALID: refused(0x110),
  WRAPPED_KEY_LEN_RANGE: refused(0x112),
  WRAPPING_KEY_HANDLE_INVALID: session(0x113),
  WRAPPING_KEY_SIZE_RANGE: unsupported(0x114),
  WRAPPING_KEY_TYPE_INCONSISTENT: unsupported(0x115),
  RANDOM_SEED_NOT_SUPPORTED: library(0x120),
  RANDOM_NO_RNG: library(0x121),
  DOMAIN_PARAMS_INVALID: library(0x130),
  CURVE_NOT_SUPPORTED: unsupported(0x140),
  BUFFER_TOO_SMALL: library(0x150),
  SAVED_STATE_INVALID: library(0x160),
  INFORMATION_SENSITIVE: library(0x170),
  STATE_UNSAVEABLE: library(0x180),
  CRYPTOKI_NOT_INITIALIZED: library(0x190),
  CRYPTOKI_ALREADY_INITIALIZED: library(0x191),
  MUTEX_BAD: library(0x1a0),
  MUTEX_NOT_LOCKED: library(0x1a1),
  NEW_PIN_MODE: library(0x1b0),
  NEXT_OTP: library(0x1b1),
  EXCEEDED_MAX_ITERATIONS: library(0x1b5),
  FIPS_SELF_TEST_FAILED: library(0x1b6),
  LIBRARY_LOAD_FAILED: library(0x1b7),
  PIN_TOO_WEAK: library(0x1b8),
  PUBLIC_KEY_INVALID: library(0x1b9),
  FUNCTION_REJECTED: refused(0x200),
  TOKEN_RESOURCE_EXCEEDED: session(0x201),
  OPERATION_CANCEL_FAILED: session(0x202),
  KEY_EXHAUSTED: library(0x203),
} as const satisfies Record<string, Row>

/** The token says that it cannot do this at all, now or later. */
function unsupported(rv: number): Row {
  return { rv, failure: 'unsupported', radius: 'request' }
}

/** The token refuses what was asked of it. */
function refused(rv: number): Row {
  return { rv, failure: 'fault', radius: 'request' }
}

function session(rv: number): Row {
  return { rv, failure: 'unavailable', radius: 'session' }
}

function library(rv: number): Row {
  return { rv, failure: 'unavailable', radius: 'library' }
}
