import { KmsError } from './errors.js'
import type { Tag } from './tag.js'

/** KMS API: Adding a tag. Lengths in characters. */
const MAX_KEY_LENGTH = 36
const MAX_VALUE_LENGTH = 43

/** ASCII 0 to 31 and `* < > \ =` are forbidden; half of a surrogate pair is no text that a database can store. */
const ADMITTED = /^[^\u0000-\u001f*<>\\=\p{Cs}]*$/u

/** Whether a tag can have this key. */
export function isTagKey(key: string): boolean {
  return key !== '' && ADMITTED.test(key) && lengthOf(key) <= MAX_KEY_LENGTH
}

/** Whether a tag can have this value. */
export function isTagValue(value: string): boolean {
  return ADMITTED.test(value) && lengthOf(value) <= MAX_VALUE_LENGTH
}

/**
 * Judges the key of a tag.
 *
 * @throws KmsError KMS.0411 for a key that is too long, KMS.0406 for an empty one or a forbidden character
 */
export function requireTagKey(key: string): void {
  if (lengthOf(key) > MAX_KEY_LENGTH) {
    throw new KmsError(
      'KMS.0411',
      `The key of a tag must have at most ${MAX_KEY_LENGTH} characters.`,
    )
  }
  if (key === '' || !ADMITTED.test(key)) {
    throw new KmsError(
      'KMS.0406',
      'The key of a tag must not be empty and must not hold control characters or any of * < > \\ =.',
    )
  }
}

/**
 * Judges a tag.
 *
 * @throws KmsError as {@link requireTagKey}; KMS.0410 for a value that is too long, KMS.0405 for a forbidden character
 */
export function requireTag({ key, value }: Tag): void {
  requireTagKey(key)
  if (lengthOf(value) > MAX_VALUE_LENGTH) {
    throw new KmsError(
      'KMS.0410',
      `The value of a tag must have at most ${MAX_VALUE_LENGTH} characters.`,
    )
  }
  if (!ADMITTED.test(value)) {
    throw new KmsError(
      'KMS.0405',
      'The value of a tag must not hold control characters or any of * < > \\ =.',
    )
  }
}

/** In characters, not in the units of UTF-16. */
function lengthOf(text: string): number {
  return Array.from(text).length
}
