import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { runInitdb, startPostmaster, type Account, type Postmaster } from './postmaster.js'

/** A PostgreSQL server of the test's own. */
export interface Postgres {
  /** `postgres://…` of its first database, with password. */
  readonly url: string
  /** Makes a new empty database in it and returns its URL. */
  createDatabase(): Promise<string>
  /** Ends the server, with every connection to it, and starts it again at the same address. */
  restart(): Promise<void>
  /**
   * Ends the server and leaves its files: SIGINT is its fast shutdown, SIGQUIT its immediate one, SIGKILL a crash.
   */
  end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Starts it again where it was; resolves when it takes connections. */
  startAgain(): Promise<void>
  /** Ends the server and deletes its files; may be called twice. */
  stop(): Promise<void>
}

const DEBIAN_VERSIONS = '/usr/lib/postgresql'
const ATTEMPTS = 3

/** The folder with initdb and postgres, or undefined where there is none, so that suites can skip. */
export function postgresBinaries(): string | undefined {
  const versions = existsSync(DEBIAN_VERSIONS) ? readdirSync(DEBIAN_VERSIONS) : []
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a))
  const folders = [
    ...newestFirst.map((version) => join(DEBIAN_VERSIONS, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
  ]
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => runs(join(folder, name))))
}

/** Starts a private PostgreSQL on a random port of 127.0.0.1, with a random password. */
export async function startPostgres(): Promise<Postgres> {
  const binaries = postgresBinaries()
  if (binaries === undefined) throw new Error('PostgreSQL is not installed (package postgresql).')
  const directory = await mkdtemp(join(tmpdir(), 'kms-postgres-'))
  try {
    return await startIn(directory, binaries)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function startIn(directory: string, binaries: string): Promise<Postgres> {
  const account = unprivileged()
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(directory, 'password')
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' })
  if (account !== undefined) {
    await chown(passwordFile, account.uid, account.gid)
    await chown(directory, account.uid, account.gid)
  }
  await runInitdb({ binaries, directory, passwordFile, account })
  const first = await startOnFreePort({ binaries, directory, account })
  const { port } = first
  let { postmaster } = first
  const url = new URL(`postgres://kms:${password}@127.0.0.1:${port}/postgres`)
  return {
    url: url.href,
    createDatabase: () => createDatabase(url),
    restart: async () => {
      await postmaster.stop()
      postmaster = await startUntilFree({ binaries, directory, account, port })
    },
    end: (signal) => postmaster.end(signal),
    startAgain: async () => {
      postmaster = await startUntilFree({ binaries, directory, account, port })
    },
    stop: async () => {
      await postmaster.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL cannot choose a port itself, and one that was free a moment ago may be taken. */
async function startOnFreePort(settings: {
  binaries: string
  directory: string
  account: Account | undefined
}): Promise<{ postmaster: Postmaster; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    try {
      return { postmaster: await startPostmaster({ ...settings, port }), port }
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** What a server that was killed leaves behind ends by itself, a moment later. */
async function startUntilFree(
  settings: Parameters<typeof startPostmaster>[0],
): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startPostmaster(settings)
    } catch (error) {
      if (attempt === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No port was given.'))
        else resolve(address.port)
      })
    })
  })
}

async function createDatabase(server: URL): Promise<string> {
  const name = `kms_${randomBytes(8).toString('hex')}`
  const client = new pg.Client({ connectionString: server.href })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${name}`)
  } finally {
    await client.end()
  }
  return new URL(`/${name}`, server).href
}

/** PostgreSQL refuses to run as root, so root lends it the account that its package makes, or nobody's. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const name = ['postgres', 'nobody'].find((candidate) => idOf('-u', candidate) !== undefined)
  const [uid, gid] = name === undefined ? [] : [idOf('-u', name), idOf('-g', name)]
  if (uid === undefined || gid === undefined) {
    throw new Error('PostgreSQL does not run as root, and there is no account postgres or nobody.')
  }
  return { uid, gid }
}

function idOf(option: '-u' | '-g', account: string): number | undefined {
  try {
    return Number(execFileSync('id', [option, account], { stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
