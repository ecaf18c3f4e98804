import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readPublicKeys } from '../audit/public-key-file.js'
import { Refused } from './subcommands.js'

/** Reads the public keys in PEM from a file that an operator names. @throws Refused */
export async function readPublicKeyFile(path: string): Promise<readonly KeyObject[]> {
  try {
    return readPublicKeys(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new Refused(`The file ${path} cannot be read, or holds no public key in PEM.`, { cause })
  }
}
