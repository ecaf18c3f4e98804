import type { HsmFailure } from '../../core/hsm.js'
import { TokenError } from './pkcs11-error.js'

/** Failures that leave no doubt: the judgement is passed, or a stale handle is a matter for who holds the handles. */
const DECIDED: ReadonlySet<HsmFailure> = new Set(['not-authentic', 'unsuitable', 'key-missing'])

/**
 * Runs something on input that nothing vouches for, and finds out who is at fault when it fails.
 *
 * Return values do not tell: SoftHSM 2.6.1 answers a forged wrap, a forged text and a broken padding with
 * CKR_GENERAL_ERROR, as it answers when its files are gone. So the token is asked to do the same with input of its own
 * making. Where it can, what was sent is at fault, and that costs the request alone: else whoever sends garbage could end
 * one agent after the other. Where it cannot, the first error stands.
 *
 * All that is wrong with the input gives one error, after the same work.
 *
 * @throws TokenError `not-authentic` when the input is at fault
 */
export function judgeInput<Result>(run: () => Result, proof: () => boolean): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof TokenError) || DECIDED.has(error.failure)) throw error
    if (!holds(proof)) throw error
    throw notAuthentic(error.call)
  }
}

/** The one error for input that does not open. */
export function notAuthentic(name = 'C_Decrypt'): TokenError {
  return new TokenError('not-authentic', 'What was sent does not open.', {
    call: name,
    rv: 0,
    radius: 'request',
  })
}

/** What was imported opens, but is not what the key needs. */
export function unsuitable(message: string): TokenError {
  return new TokenError('unsuitable', message, { call: 'C_UnwrapKey', rv: 0, radius: 'request' })
}

function holds(proof: () => boolean): boolean {
  try {
    return proof()
  } catch {
    return false
  }
}
