/** Labels may be of any length; a line of a report may not. */
const MAX_LENGTH = 200

/**
 * Text from the token as one line that shows what it is: a label can hold line ends, and escape sequences for the
 * terminal that shows it.
 */
export function printable(text: string): string {
  const shown = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeSequence)
  return shown.length <= MAX_LENGTH ? shown : `${shown.slice(0, MAX_LENGTH).trimEnd()}…`
}

function escapeSequence(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
