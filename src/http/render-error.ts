import { type ErrorCode, KmsError, errorRow } from '../core/errors.js'
import { AuditUnavailable } from '../core/audit-event.js'
import { HsmError } from '../core/hsm.js'
import { StaleRevision, StoreUnavailable } from '../core/key-store.js'
import { Overloaded } from './admission.js'

/** Seconds after which a client may try again what the service could not do for the moment. */
export const RETRY_AFTER_SECONDS = '1'

/** What the client sees of an error. */
export interface RenderedError {
  readonly code: ErrorCode
  readonly status: number
  /** A sentence that says what to mend, never one that tells of the inside. */
  readonly message: string
  readonly retryAfter: string | undefined
}

/** Turns anything that was thrown into what the client may see of it. */
export function renderError(error: unknown): RenderedError {
  const code = codeOf(error)
  const { status, text } = errorRow(code)
  const own = error instanceof KmsError && status < 500
  return {
    code,
    status,
    message: own ? error.message : text,
    retryAfter: status === 503 || status === 429 ? RETRY_AFTER_SECONDS : undefined,
  }
}

/**
 * Writes the envelope of an error: for the codes of the service the form that every SDK can read, for those of a
 * gateway in front of it the flat one.
 */
export function errorBody(rendered: RenderedError, requestId: string): string {
  const pair = { error_code: rendered.code, error_msg: rendered.message }
  const flat = { ...pair, request_id: requestId }
  return JSON.stringify(rendered.code.startsWith('KMS.') ? { error: pair, ...flat } : flat)
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof KmsError) return error.code
  if (error instanceof HsmError) return codeOfFailure(error.failure)
  // Every attempt to write a row lost against another writer: that passes as an outage does.
  if (error instanceof StoreUnavailable || error instanceof StaleRevision) return 'KMS.0104'
  if (error instanceof AuditUnavailable || error instanceof Overloaded) return 'KMS.0104'
  return 'KMS.0101'
}

function codeOfFailure(failure: HsmError['failure']): ErrorCode {
  switch (failure) {
    case 'unavailable':
    case 'busy':
      return 'KMS.0104'
    case 'key-missing':
    case 'not-authentic':
    case 'unsuitable':
    case 'unsupported':
    case 'fault':
      return 'KMS.0101'
  }
}
