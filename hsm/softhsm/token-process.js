import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findModule } from './find-module.js'
import { SoftHsmError } from './softhsm-error.js'

const PROGRAM = fileURLToPath(new URL('./token-program.js', import.meta.url))
const DEADLINE_MS = 60_000

/** Makes a token with the PINs in the token's files, in the folder that the environment's configuration names. */
export async function initialiseToken({ label, files }, environment) {
  await runProgram(['initialise', label, files.userPin, files.soPin], environment)
}

/** The labels of all tokens in the folder that the environment's configuration names. */
export async function listTokenLabels(environment) {
  return JSON.parse(await runProgram(['list'], environment))
}

/**
 * PKCS#11 is spoken by a process of its own: the C library reads its configuration from the real environment, and a
 * library that crashes or hangs takes nobody along. The PINs travel in files: others can read command lines, and
 * children inherit environments.
 */
function runProgram(args, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, findModule(), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    })
    const [stdout, stderr] = [[], []]
    child.stdout.on('data', (chunk) => stdout.push(chunk))
    child.stderr.on('data', (chunk) => stderr.push(chunk))
    child.once('error', (cause) => {
      reject(
        new SoftHsmError('The process that speaks to SoftHSM could not be started.', { cause }),
      )
    })
    child.once('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString())
      else reject(failure(code, signal, Buffer.concat(stderr).toString().trim()))
    })
  })
}

function failure(code, signal, said) {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`
  return new SoftHsmError(
    `The process that speaks to SoftHSM ended ${how}${said ? `: ${said}` : '.'}`,
  )
}
