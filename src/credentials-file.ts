import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** `credentials.json` of the data directory: how a client on this machine reaches the service. */
export interface Credentials {
  readonly endpoint: string
  readonly project_id: string
  readonly domain_id: string
  /** User of the access key; older files do not name him, and he is then `first`. */
  readonly user_id: string
  readonly access_key_id: string
  readonly secret_access_key: string
  /** While it is not known whether the access key is stored. */
  readonly pending?: true
}

/** A credentials file that cannot be used: the message is a sentence that names the file. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}

const MEMBERS = [
  'endpoint',
  'project_id',
  'domain_id',
  'user_id',
  'access_key_id',
  'secret_access_key',
] as const

/** Path of the credentials file of a data directory. */
export function credentialsPath(dataDirectory: string): string {
  return join(dataDirectory, 'credentials.json')
}

/**
 * Reads a credentials file; nothing where there is none.
 *
 * @throws CredentialsError when there is one that cannot be used
 */
export function readCredentials(path: string): Credentials | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new CredentialsError(`The file ${path} cannot be read.`, { cause })
  }
  const value: Record<string, unknown> = { user_id: 'first', ...parse(text, path) }
  for (const member of MEMBERS) {
    if (typeof value[member] !== 'string' || value[member] === '') {
      throw new CredentialsError(`The file ${path} must have the text ${member}.`)
    }
  }
  // Every member was just judged.
  return value as unknown as Credentials
}

/** Writes a credentials file of mode 0600 in one step: a reader sees the old one or the new one, never a part. */
export async function writeCredentials(path: string, credentials: Credentials): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(credentials, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new CredentialsError(`The file ${path} cannot be written.`, { cause })
  }
}

/** A rename is durable only once its folder is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, and the text holds the secret.
    throw new CredentialsError(`The file ${path} is not valid JSON.`)
  }
  if (typeof value !== 'object' || value === null) {
    throw new CredentialsError(`The file ${path} must hold a JSON object.`)
  }
  return { ...value }
}
