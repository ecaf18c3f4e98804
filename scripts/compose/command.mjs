import { spawn } from 'node:child_process'

/** How much of a failed command's output an error message shows, in characters. */
const SHOWN_OUTPUT = 3000

/**
 * Runs a program to its end and returns what it printed; a failure is an answer, not an exception.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string | undefined>, cwd?: string, timeoutMs?: number, input?: string }} options
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
export function tryRun(
  program,
  args,
  { env = process.env, cwd, timeoutMs = 60_000, input = '' } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, cwd, stdio: 'pipe', timeout: timeoutMs })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => (output[name] += text))
    }
    child.stdin.on('error', () => undefined).end(input)
    child.on('error', (error) => resolve({ code: 127, ...output, stderr: error.message }))
    child.on('close', (code, signal) => {
      if (signal !== null) output.stderr += `\n${program} was ended by ${signal}.`
      resolve({ code: code ?? 1, ...output })
    })
  })
}

/** Like `tryRun`, but returns the standard output and throws when the program fails. */
export async function run(program, args, options) {
  const { code, stdout, stderr } = await tryRun(program, args, options)
  if (code === 0) return stdout
  const shown = `${stdout}\n${stderr}`.trim().slice(-SHOWN_OUTPUT)
  throw new Error(`"${program} ${args.join(' ')}" ended with code ${code}:\n${shown}`)
}

/** Whether a program of this name is on the search path and answers `--version`. */
export async function isInstalled(program) {
  return (await tryRun(program, ['--version'])).code === 0
}
