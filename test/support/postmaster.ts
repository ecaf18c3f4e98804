import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The account that PostgreSQL runs as, where it is not the caller's. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** A running PostgreSQL server process. */
export interface Postmaster {
  /** Ends it with a signal, and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<void>
  /** Waits until it has ended. */
  stop(): Promise<void>
}

/** Folder of the programs, folder of the server, and who runs it. */
interface Place {
  readonly binaries: string
  readonly directory: string
  readonly account: Account | undefined
}

const READY = 'database system is ready to accept connections'
const START_MS = 30_000
const STOP_MS = 10_000

/** Makes the data folder of a server whose superuser is `kms`. */
export async function runInitdb(place: Place & { readonly passwordFile: string }): Promise<void> {
  const { binaries, directory, account, passwordFile } = place
  const authentication = ['--username=kms', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const locale = ['--encoding=UTF8', '--locale=C']
  await promisify(execFile)(
    join(binaries, 'initdb'),
    [`--pgdata=${join(directory, 'data')}`, '--no-sync', ...authentication, ...locale],
    { cwd: directory, timeout: START_MS, ...account },
  )
}

/** Starts the server and waits until it takes connections. */
export async function startPostmaster(
  place: Place & { readonly port: number },
): Promise<Postmaster> {
  const { binaries, directory, account, port } = place
  const data = ['-D', join(directory, 'data'), '-k', directory, '-F']
  const network = ['-c', 'listen_addresses=127.0.0.1', '-p', String(port)]
  const server = spawn(
    join(binaries, 'postgres'),
    [...data, ...network, '-c', 'lc_messages=C', '-c', 'logging_collector=off'],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], ...account },
  )
  const ended = once(server, 'exit')
  ended.catch(() => undefined) // untilReady reports a server that could not be started
  await untilReady(server)
  return {
    async end(signal) {
      server.kill(signal)
      await ended
    },
    stop: () => stop(server, ended),
  }
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    const timer = setTimeout(() => {
      server.kill('SIGKILL')
      reject(new Error(`PostgreSQL was not ready after ${START_MS} ms: ${log}`))
    }, START_MS)
    server.once('error', (cause) => {
      clearTimeout(timer)
      reject(new Error('PostgreSQL could not be started.', { cause }))
    })
    server.once('exit', () => {
      clearTimeout(timer)
      reject(new Error(`PostgreSQL ended at its start: ${log}`))
    })
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4096)
      if (!log.includes(READY)) return
      clearTimeout(timer)
      resolve()
    })
  })
}

/** SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and ends every connection. */
async function stop(server: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP_MS)
  server.kill('SIGINT')
  await ended
  clearTimeout(timer)
}
