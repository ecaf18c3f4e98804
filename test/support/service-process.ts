import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Credentials } from '../../src/credentials-file.js'
import { tokenSettings } from './chosen-token.js'

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const START_LIMIT_MS = 60_000

/** The service as a process of its own, as an operator runs it. */
export interface ServiceProcess {
  readonly child: ChildProcess
  readonly pid: number
  readonly url: string
  readonly dataDirectory: string
  credentials(this: void): Credentials
  /** Everything it wrote to standard output so far. */
  log(this: void): string
  /** Everything it wrote to standard error so far. */
  errors(this: void): string
  /** Sends a signal and waits for the end; returns the exit code, or nothing where a signal ended it. */
  end(this: void, signal: NodeJS.Signals): Promise<number | null>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Starts the service on a free port of the loopback and waits until it listens. `descriptors`: what it is given from the
 * descriptor 3 on.
 */
export async function startServiceProcess(
  dataDirectory: string,
  environment: Environment = {},
  descriptors: readonly number[] = [],
): Promise<ServiceProcess> {
  const settings = {
    KMS_LISTEN: '127.0.0.1:0',
    KMS_DATA_DIR: dataDirectory,
    KMS_AGENTS: '2',
    // Tests of other things call as fast as they can.
    KMS_RATE_PER_ADDRESS: '0',
    KMS_RATE_PER_CALLER: '0',
    ...(await ownToken(dataDirectory, environment)),
    ...environment,
  }
  const run = spawnService(settings, descriptors)
  const url = await listening(run)
  return {
    child: run.child,
    pid: run.child.pid ?? 0,
    url,
    dataDirectory,
    credentials: () =>
      JSON.parse(readFileSync(join(dataDirectory, 'credentials.json'), 'utf8')) as Credentials,
    log: run.out,
    errors: run.err,
    async end(signal) {
      if (run.child.exitCode !== null || run.child.signalCode !== null) return run.child.exitCode
      run.child.kill(signal)
      await once(run.child, 'close')
      return run.child.exitCode
    },
  }
}

/** The chosen token, unless the test names one of its own. */
async function ownToken(dataDirectory: string, environment: Environment): Promise<Environment> {
  return environment['KMS_PKCS11_URI'] === undefined ? tokenSettings(dataDirectory) : {}
}

/** Runs the service with settings that should stop it, and returns how it ended. */
export async function failToStart(
  environment: Environment,
  descriptors: readonly number[] = [],
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const run = spawnService(environment, descriptors)
  const timer = setTimeout(() => run.child.kill('SIGKILL'), START_LIMIT_MS)
  await once(run.child, 'close')
  clearTimeout(timer)
  return { code: run.child.exitCode, out: run.out(), err: run.err() }
}

interface Run {
  readonly child: ChildProcess
  out(this: void): string
  err(this: void): string
}

function spawnService(environment: Environment, descriptors: readonly number[]): Run {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('KMS_') && name !== 'SOFTHSM2_CONF' && name !== 'NODE_OPTIONS',
  )
  const child = spawn(process.execPath, [MAIN], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
  })
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => (texts.out += chunk.toString('utf8')))
  child.stderr?.on('data', (chunk: Buffer) => (texts.err += chunk.toString('utf8')))
  return { child, out: () => texts.out, err: () => texts.err }
}

async function listening({ child, out, err }: Run): Promise<string> {
  const limit = Date.now() + START_LIMIT_MS
  for (;;) {
    const url = /listens on (\S+)/.exec(err())?.[1]
    if (url !== undefined) return url
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > limit) {
      child.kill('SIGKILL')
      throw new Error(`The service did not start.\n${err()}\n${out()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
