import type { HsmFailure } from '../../core/hsm.js'
import type { Profile } from '../profile.js'
import { isLoss } from '../return-values.js'
import { TokenError } from './pkcs11-error.js'

/** Failures that leave no doubt. */
const DECIDED: ReadonlySet<HsmFailure> = new Set(['not-authentic', 'unsuitable', 'key-missing'])

/**
 * Runs something on input that nothing vouches for, and finds out who is at fault when it fails.
 *
 * Return values do not tell: SoftHSM 2.6.1 answers a forged wrap, a forged text and a broken padding with
 * CKR_GENERAL_ERROR, as it answers when its files are gone. So the token is asked to do the same with input of its own
 * making. Where it can, and fails at what was sent a second time, what was sent is at fault, and that costs the request
 * alone: else whoever sends garbage could end one agent after the other. Where it cannot, the first error stands. A session
 * or a device that is lost stands as such, unless the profile says that the token says the same of bad input (Kryoptic 1.5.4:
 * CKR_DEVICE_ERROR): one that is lost indeed fails at its own input. A stale handle stands too: that is a matter for who holds
 * the handles.
 *
 * All that is wrong with the input gives one error, after the same work.
 *
 * @throws TokenError `not-authentic` when the input is at fault
 */
export function judgeInput<Result>(
  profile: Pick<Profile, 'inputErrors'>,
  run: () => Result,
  proof: () => boolean,
): Result {
  try {
    return run()
  } catch (error) {
    if (!isDoubtful(error, profile) || !holds(proof)) throw error
  }
  try {
    return run()
  } catch (error) {
    if (!isDoubtful(error, profile)) throw error
    throw notAuthentic(error.call)
  }
}

function isDoubtful(error: unknown, profile: Pick<Profile, 'inputErrors'>): error is TokenError {
  return error instanceof TokenError && !DECIDED.has(error.failure) && !isLoss(error.rv, profile)
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
