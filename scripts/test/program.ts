import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'

/** How a program ended, and what it wrote to stdout. */
export interface Outcome {
  readonly exitCode: number
  readonly output: string
}

const running = new Set<ChildProcess>()

/**
 * Runs a program. Each line of its stdout is shown behind its name, since a summary in the middle of the run must not
 * be taken for that of the whole; its stderr is shown as it is.
 */
export function runProgram(name: string, command: readonly string[]): Promise<Outcome> {
  const [program = '', ...args] = command
  return new Promise((resolve) => {
    // A group of its own: npm puts a shell between itself and the program, and that shell passes no signal on.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    running.add(child)
    let output = ''
    let shown = 0
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const end = output.lastIndexOf('\n') + 1
      show(name, output.slice(shown, end))
      shown = Math.max(shown, end)
    })
    child.once('error', (error) => {
      process.stderr.write(`${name}: ${program} could not be started: ${error.message}\n`)
    })
    child.once('close', (code, signal) => {
      running.delete(child)
      show(name, output.slice(shown))
      resolve({ exitCode: signal === null ? (code ?? 1) : 128 + constants.signals[signal], output })
    })
  })
}

/** Ends the run when it is told to, and what it has started with it. */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      endRunning(signal)
      process.exit(128 + constants.signals[signal])
    })
  }
}

function endRunning(signal: NodeJS.Signals): void {
  for (const { pid, exitCode, signalCode } of running) {
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal)
  }
}

function show(name: string, text: string): void {
  for (const line of text.split('\n').filter((line) => line !== '')) {
    process.stdout.write(`${name} | ${line}\n`)
  }
}
