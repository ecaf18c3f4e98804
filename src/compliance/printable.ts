/** Labels may be of any length; a line of a report may not. */
const MAX_LENGTH = 200

/**
 * Text from the token as one line that shows what it is: a label can hold line ends, and escape sequences for the
 * terminal that shows it.
 */
export function printable(text: string): string {
  const shown = visible(text)
  return shown.length <= MAX_LENGTH ? shown : `${shown.slice(0, MAX_LENGTH).trimEnd()}…`
}

/** The same at its full length: characters that show nothing, or turn the line around, are written as their numbers. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeSequence)
}

function escapeSequence(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
