import { COMMAND_NAMES } from './commands.js'

/**
 * Texts that messages are full of: what requests and replies of the common calls name. A message holds the number of such
 * a word instead of its letters; any other text is written out, so a word that is missing here costs time and nothing else.
 */
const WORDS: readonly string[] = [
  ...COMMAND_NAMES,
  // Requests
  ...['id', 'command', 'args', 'until', 'detailed'],
  ...['key', 'keyId', 'version', 'binding', 'before', 'after', 'kind', 'label', 'length'],
  ...['secret', 'wrapped', 'tag', 'text', 'message', 'signature', 'scheme', 'hash', 'mac'],
  // Replies
  ...['result', 'error', 'radius', 'failure', 'call', 'rv', 'request', 'session', 'library'],
  ...['figures', 'functions', 'name', 'calls', 'failed', 'ms', 'at'],
]

const NUMBERS: ReadonlyMap<string, number> = new Map(WORDS.map((word, number) => [word, number]))

/** The number of a word, 0 to 254; nothing for any other text. */
export function numberOfWord(text: string): number | undefined {
  return NUMBERS.get(text)
}

/** The word of a number, where there is one. */
export function wordOfNumber(number: number): string | undefined {
  return WORDS[number]
}
