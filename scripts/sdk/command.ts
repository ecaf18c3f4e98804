import { type ChildProcess, spawn } from 'node:child_process'

/** How a command ended, and what it wrote. */
export interface Ended {
  readonly exitCode: number
  readonly output: string
  readonly errors: string
}

const interrupted = new AbortController()
const running = new Set<ChildProcess>()

/** Aborted once the run is told to end; what was started is ended then. */
export const interruption = interrupted.signal

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    interrupted.abort()
    for (const child of running) child.kill('SIGTERM')
  })
}

/** Runs a command to its end and keeps what it writes. */
export function run(
  command: readonly string[],
  options: { readonly folder?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return start(command, options, () => undefined)
}

/** The same, showing each line behind a name as it is written. */
export function stream(name: string, command: readonly string[]): Promise<Ended> {
  return start(command, {}, (line) => process.stdout.write(`${name} | ${line}\n`))
}

/** The last line that says something: where tools say why they failed. */
export function lastLine({ output, errors }: Ended): string {
  const text = errors.trim() === '' ? output : errors
  return text.trim().split('\n').at(-1) ?? ''
}

async function start(
  [program = '', ...args]: readonly string[],
  options: { readonly folder?: string; readonly environment?: NodeJS.ProcessEnv },
  show: (line: string) => void,
): Promise<Ended> {
  interruption.throwIfAborted()
  const child = spawn(program, args, {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  let errors = ''
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(show)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const exitCode = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      errors += error.message
      resolve(127)
    })
    child.once('close', (code) => resolve(code ?? 1))
  })
  running.delete(child)
  if (rest !== '') show(rest)
  return { exitCode, output, errors }
}
