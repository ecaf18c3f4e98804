import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'

const START_WITHIN_MS = 60_000
const END_WITHIN_MS = 15_000
const POLL_MS = 20
/** How much of the end of a log helps to see what went wrong. */
const TAIL_BYTES = 2000

/** A server in a process of its own. */
export interface ServerProcess {
  readonly name: string
  readonly pid: number
  readonly url: string
  kill(this: void, signal: NodeJS.Signals): void
  /** Throws, with the end of its log, if the process is gone. */
  requireAlive(this: void): Promise<void>
  /** Ends it, and waits until it is gone. */
  stop(this: void): Promise<void>
}

/** What to start: a program of Node.js that writes "listens on URL" to its standard error. */
export interface Program {
  readonly name: string
  /** Flags of Node.js, then the program's file. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** File that takes its standard output. */
  readonly logFile: string
}

/** Starts a server and waits until it listens. @throws Error when it does not, or is told to stop by the signal */
export async function startServer(program: Program, signal: AbortSignal): Promise<ServerProcess> {
  const { name, logFile } = program
  const { child, errors } = spawnProgram(program)
  async function requireAlive(): Promise<void> {
    if (!isGone(child)) return
    throw new Error(`${name} has ended.\n${errors()}\n${await tailOf(logFile)}`)
  }
  try {
    const limit = performance.now() + START_WITHIN_MS
    for (;;) {
      const url = /listens on (\S+)/.exec(errors())?.[1]
      if (url !== undefined && child.pid !== undefined) {
        const [kill, stop] = [(sent: NodeJS.Signals) => void child.kill(sent), () => end(child)]
        return { name, pid: child.pid, url, requireAlive, kill, stop }
      }
      signal.throwIfAborted()
      await requireAlive()
      if (performance.now() > limit) throw new Error(`${name} does not listen.\n${errors()}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  } catch (error) {
    await end(child)
    throw error
  }
}

/** `errors` gives what it wrote to its standard error so far. */
function spawnProgram({ args, environment, logFile }: Program): {
  readonly child: ChildProcess
  readonly errors: (this: void) => string
} {
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', log, 'pipe'] })
  closeSync(log)
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (more: string) => (text += more))
  child.on('error', (error) => (text += error.message))
  return { child, errors: () => text }
}

function isGone(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function end(child: ChildProcess): Promise<void> {
  if (isGone(child)) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
  await gone
  clearTimeout(timer)
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - TAIL_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
