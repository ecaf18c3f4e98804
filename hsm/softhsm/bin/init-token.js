#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { prepareDevelopmentToken } from '../prepare-token.js'

const USAGE = `Usage: init-token --directory DIR [--label LABEL]
Makes a SoftHSM token with random PINs in DIR, or finds the one that is there, and prints its settings.
`

const request = readArguments()
if (request === undefined) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  await prepare(request)
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { directory: { type: 'string' }, label: { type: 'string' } },
    })
    return values.directory ? values : undefined
  } catch {
    return undefined
  }
}

async function prepare({ directory, label }) {
  try {
    const token = await prepareDevelopmentToken(directory, label)
    process.stdout.write(`KMS_PKCS11_URI=${quote(token.uri)}\n`)
    for (const [name, value] of Object.entries(token.environment)) {
      process.stdout.write(`${name}=${quote(value)}\n`)
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

/** So that a POSIX shell can read the lines back. */
function quote(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
