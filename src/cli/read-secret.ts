import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Refused } from './subcommands.js'

/**
 * Reads a secret from a file, or from standard input for `-`: never from an argument, which others can list. One line
 * feed at its end is not part of it.
 */
export async function readSecret(path: string): Promise<string> {
  try {
    const content = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8')
    return content.replace(/\r?\n$/, '')
  } catch (cause) {
    throw new Refused(`The file ${path} cannot be read.`, { cause })
  }
}
