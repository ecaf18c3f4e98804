#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createThrowAwayToken } from '../throw-away-token.js'

const USAGE = `Usage: with-token COMMAND [ARGUMENT]...
Runs COMMAND with KMS_PKCS11_URI, SOFTHSM2_CONF and KMS_HSM_PROFILE set to a fresh SoftHSM token that is removed afterwards.
`
/** Exit codes of env(1) and timeout(1): own failure, command that cannot be run, command that is not there. */
const [OWN_FAILURE, CANNOT_RUN, NOT_FOUND] = [125, 126, 127]
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

let child
let early
for (const signal of SIGNALS) process.on(signal, () => pass(signal))

const [command, ...args] = process.argv.slice(2)
process.exitCode = command === undefined ? usage() : await withToken()

function usage() {
  process.stderr.write(USAGE)
  return OWN_FAILURE
}

async function withToken() {
  try {
    const token = await createThrowAwayToken()
    try {
      return early === undefined ? await run(token) : signalCode(early)
    } finally {
      await token.remove()
    }
  } catch (error) {
    if (early !== undefined) return signalCode(early) // Ctrl-C also ended the process that made the token
    process.stderr.write(`with-token: ${error.message}\n`)
    return OWN_FAILURE
  }
}

function run({ uri, environment }) {
  return new Promise((resolve) => {
    child = spawn(command, args, {
      stdio: 'inherit',
      env: { ...process.env, ...environment, KMS_PKCS11_URI: uri, KMS_HSM_PROFILE: 'softhsm2' },
    })
    child.once('error', (error) => {
      process.stderr.write(`with-token: ${command} could not be started (${error.code}).\n`)
      resolve(error.code === 'ENOENT' ? NOT_FOUND : CANNOT_RUN)
    })
    child.once('exit', (code, signal) => resolve(code ?? signalCode(signal)))
  })
}

function pass(signal) {
  early = signal
  // Ctrl-C in a terminal reaches the command already; a second SIGINT would make many programs leave at once.
  if (signal !== 'SIGINT' || !process.stdin.isTTY) child?.kill(signal)
}

function signalCode(signal) {
  return 128 + constants.signals[signal]
}
