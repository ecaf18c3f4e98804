/*
 * The form of a message on the channel: 4 bytes with the length of the rest, a tag byte, then the value. Integers are
 * little-endian.
 *
 *   tag  value
 *   0    nothing (undefined)
 *   1    null
 *   2    false
 *   3    true
 *   4    number: 8 bytes, IEEE 754
 *   5    text: 4-byte length, UTF-8
 *   6    bytes: 4-byte length, bytes
 *   7    list: 4-byte count, then the values
 *   8    record: 4-byte count, then a text with its tag and a value for each member
 *   9    text that is a word: 1-byte number of it
 *
 * Written here because the structured clone of V8 costs a sixth of a whole request for the same, and keeps copies of
 * clear data keys where they cannot be zeroed.
 */

/** Bytes before each message: its length, little-endian. */
export const LENGTH_BYTES = 4

/** What the tag bytes mean. */
export const TAG = {
  nothing: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  bytes: 6,
  list: 7,
  record: 8,
  word: 9,
} as const

/** A message that cannot be read: the two ends of the channel disagree. */
export class BrokenMessage extends Error {
  override readonly name = 'BrokenMessage'
}
