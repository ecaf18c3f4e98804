import { NameTaken, OwnerMissing, StillInUse } from '../core/identity.js'
import { isForeignKeyViolation, isUniqueViolation } from './failures.js'

/**
 * Runs a statement that writes an identity.
 *
 * @throws NameTaken, OwnerMissing
 */
export async function writing<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement
  } catch (cause) {
    if (isUniqueViolation(cause)) {
      throw new NameTaken('The name or the id is taken.', { cause })
    }
    if (isForeignKeyViolation(cause)) {
      throw new OwnerMissing('What it belongs to does not exist.', { cause })
    }
    throw cause
  }
}

/**
 * Runs a statement that removes an identity.
 *
 * @throws StillInUse
 */
export async function removing<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement
  } catch (cause) {
    if (isForeignKeyViolation(cause)) throw new StillInUse('Others hang on it.', { cause })
    throw cause
  }
}
