import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestToken } from './test-token.js'

const PROGRAM = fileURLToPath(new URL('./nss-token-program.js', import.meta.url))
const LABEL = 'kms-nss'

const CANDIDATES = [
  '/usr/lib/x86_64-linux-gnu/libsoftokn3.so',
  '/usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so',
  '/usr/lib/aarch64-linux-gnu/libsoftokn3.so',
  '/usr/lib/aarch64-linux-gnu/nss/libsoftokn3.so',
  '/usr/lib64/libsoftokn3.so',
  '/usr/lib/libsoftokn3.so',
  '/opt/homebrew/lib/libsoftokn3.dylib',
  '/usr/local/lib/libsoftokn3.dylib',
]

/** The library of NSS softokn, or undefined where it is not installed, so that suites can skip. */
export function nssModule(): string | undefined {
  return CANDIDATES.find((path) => existsSync(path))
}

/**
 * A fresh NSS softokn key store with a random password, in a temporary folder, or in one that is there already.
 */
export async function openNssToken(within = tmpdir()): Promise<TestToken> {
  const module = nssModule()
  if (module === undefined) throw new Error('libsoftokn3.so is not installed (package libnss3).')
  const directory = await mkdtemp(join(within, 'kms-nss-'))
  async function remove(): Promise<void> {
    await rm(directory, { recursive: true, force: true })
  }
  try {
    return { ...(await makeToken(module, directory)), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function makeToken(module: string, directory: string): Promise<Omit<TestToken, 'remove'>> {
  const [store, pinFile] = [join(directory, 'store'), join(directory, 'user-pin')]
  await mkdir(store, { mode: 0o700 })
  await writeFile(pinFile, randomBytes(16).toString('hex'), { mode: 0o600, flag: 'wx' })
  const parameters = libraryParameters(store)
  await promisify(execFile)(process.execPath, [PROGRAM, module, parameters, LABEL, pinFile], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  return { profile: 'nss-softokn', uri: address({ module, pinFile, parameters }), environment: {} }
}

/** `cryptoTokenDescription` names the other slot, which has no store: the label must not be ours. */
function libraryParameters(store: string): string {
  const names = `dbTokenDescription='${LABEL}' cryptoTokenDescription='${LABEL}-crypto'`
  // pkcs11js 2.1.7 cuts off the last character, hence the blank at the end.
  return `configdir='sql:${store}' certPrefix='' keyPrefix='' secmod='secmod.db' flags= ${names} `
}

function address(parts: { module: string; pinFile: string; parameters: string }): string {
  const query = [
    `module-path=${encodeURIComponent(parts.module)}`,
    `pin-source=${encodeURIComponent(`file:${parts.pinFile}`)}`,
    `x-library-parameters=${encodeURIComponent(parts.parameters)}`,
  ]
  return `pkcs11:token=${LABEL}?${query.join('&')}`
}
