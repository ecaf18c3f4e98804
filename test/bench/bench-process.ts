import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../scripts/bench/main.js', import.meta.url))

/** How the program ended and what it wrote. */
export interface Outcome {
  readonly exitCode: number | null
  readonly out: string
  readonly err: string
}

/** The program at work. */
export interface BenchProcess {
  readonly ended: Promise<Outcome>
  kill(this: void, signal: NodeJS.Signals): void
  /** Waits until its standard error matches. */
  says(this: void, pattern: RegExp): Promise<void>
}

/** Runs `npm run bench` without the npm; all its temporary files go to a folder. */
export function startBench(args: readonly string[], temporary: string): BenchProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  return {
    ended: once(child, 'close').then(() => ({ exitCode: child.exitCode, out, err })),
    kill: (signal) => void child.kill(signal),
    async says(pattern) {
      while (!pattern.test(err)) {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(err)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  }
}
