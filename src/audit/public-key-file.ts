import { type KeyObject, createHash, createPublicKey, randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePem } from '../codec/pem.js'
import { makeAuditFolder } from './chain-files.js'

/** Name of the file in the audit folder that holds the public keys of the log. */
export const PUBLIC_KEY_FILE = 'audit-key.pem'

const PEM = /-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g

/**
 * Reads the public keys of a file, PEM one after the other: there is one for each token that the log was signed on.
 *
 * @throws Error for a text that holds none, or holds what is no key
 */
export function readPublicKeys(text: string): readonly KeyObject[] {
  const keys = (text.match(PEM) ?? []).map((pem) => createPublicKey(pem))
  if (keys.length === 0) throw new Error('There is no public key in PEM.')
  return keys
}

/** Which public keys of the log are believed. */
export interface KnownKeys {
  /** DER SubjectPublicKeyInfo of the audit key of the token in use. */
  readonly own: Uint8Array
  /** SHA-256 of every public key that this service ever had, newest first: the order of the file. */
  readonly known: readonly Uint8Array[]
}

/** The public keys of a log: the own one, and of those in its folder the ones that are known; newest first. */
export async function findPublicKeys(
  folder: string,
  keys: KnownKeys,
): Promise<readonly Uint8Array[]> {
  return chosen(await readFile(join(folder, PUBLIC_KEY_FILE), 'utf8').catch(() => ''), keys)
}

/**
 * Makes the audit folder and puts the public keys into it, as PEM: the own one, and of those that are there already the
 * ones that are known to be of this service. Leaves a file that is right already alone.
 *
 * @returns all of them that are there, DER SubjectPublicKeyInfo, newest first
 */
export async function placePublicKeys(
  folder: string,
  known: KnownKeys,
): Promise<readonly Uint8Array[]> {
  await makeAuditFolder(folder)
  const path = join(folder, PUBLIC_KEY_FILE)
  const before = await readFile(path, 'utf8').catch(() => '')
  const keys = chosen(before, known)
  const text = keys.map((key) => encodePem('PUBLIC KEY', key)).join('')
  if (text === before) return keys
  // Replicas may do this at once, and nobody shall read half of it.
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
  return keys
}

function chosen(text: string, { own, known }: KnownKeys): readonly Uint8Array[] {
  const found = [Buffer.from(own), ...keysIn(text)]
  return known.flatMap((digest) => found.find((key) => digestOf(key).equals(digest)) ?? [])
}

/** What somebody else wrote there counts for nothing. */
function keysIn(text: string): readonly Buffer[] {
  try {
    return readPublicKeys(text).map((key) => key.export({ type: 'spki', format: 'der' }))
  } catch {
    return []
  }
}

function digestOf(key: Uint8Array): Buffer {
  return createHash('sha256').update(key).digest()
}
