import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestToken } from './test-token.js'

const PROGRAM = fileURLToPath(new URL('./first-pin-program.js', import.meta.url))
const LABEL = 'kms-kryoptic'

/** The library of Kryoptic, where KMS_TEST_KRYOPTIC says; `npm run test:token -- kryoptic` builds it. */
export function kryopticModule(): string | undefined {
  const path = process.env['KMS_TEST_KRYOPTIC']
  return path !== undefined && existsSync(path) ? path : undefined
}

/** A fresh Kryoptic token with random PINs. */
export async function openKryopticToken(within = tmpdir()): Promise<TestToken> {
  const module = kryopticModule()
  if (module === undefined) throw new Error('KMS_TEST_KRYOPTIC names no library.')
  const directory = await mkdtemp(join(within, 'kms-kryoptic-'))
  async function remove(): Promise<void> {
    await rm(directory, { recursive: true, force: true })
  }
  const configuration = join(directory, 'kryoptic.conf')
  const [userPin, soPin] = [join(directory, 'user-pin'), join(directory, 'so-pin')]
  const environment = { KRYOPTIC_CONF: configuration }
  try {
    const store = JSON.stringify(join(directory, 'token.sql'))
    await writeFile(configuration, `[[slots]]\nslot = 1\ndbtype = "sqlite"\ndbargs = ${store}\n`)
    for (const file of [userPin, soPin]) {
      await writeFile(file, randomBytes(16).toString('hex'), { mode: 0o600, flag: 'wx' })
    }
    await promisify(execFile)(process.execPath, [PROGRAM, module, LABEL, soPin, userPin], {
      env: { ...process.env, ...environment },
      timeout: 60_000,
      killSignal: 'SIGKILL',
    })
  } catch (error) {
    await remove()
    throw error
  }
  const query = [
    `module-path=${encodeURIComponent(module)}`,
    `pin-source=${encodeURIComponent(`file:${userPin}`)}`,
  ]
  const uri = `pkcs11:token=${LABEL}?${query.join('&')}`
  return { profile: 'kryoptic', uri, environment, remove }
}
