import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Backend, openBackend } from '../../src/backend.js'
import { compliance } from '../../src/cli/compliance.js'
import { objectName } from '../../src/core/object-id.js'
import { loadConfig } from '../../src/config.js'
import { cmkLabel, currentKey } from '../../src/core/cmk.js'
import { NO_HSM_OBSERVER } from '../../src/core/hsm-observer.js'
import { type KeyRef, newKeyId, projectId } from '../../src/core/ids.js'
import { firstVersion, newCmk } from '../../src/core/new-cmk.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import type { TestToken } from '../support/test-token.js'
import type { Sabotage } from './sabotage-program.js'

const SABOTAGE = fileURLToPath(new URL('./sabotage-program.js', import.meta.url))

/** A check as the JSON report tells it. */
export interface ReportedCheck {
  readonly id: string
  readonly verdict: string
  readonly remarks: readonly string[]
  readonly passed: number
  readonly failed: number
  readonly not_applicable: number
  readonly observed: Readonly<Record<string, number>>
  readonly failures: readonly { readonly subject: string; readonly observed: string }[]
}

/** The members of the JSON report that tests read. */
export interface Reported {
  readonly verdict: string
  readonly checks: readonly ReportedCheck[]
  readonly objects: readonly { readonly id: string; readonly label: string }[]
}

/** What a compliance run left. */
export interface Outcome {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** A token and a database of their own, with two CMKs. */
export class Bench {
  readonly #token: TestToken
  readonly #directory: string
  readonly environment: Readonly<Record<string, string>>
  cmks: readonly [KeyRef, KeyRef] | undefined

  private constructor(token: TestToken, directory: string) {
    this.#token = token
    this.#directory = directory
    this.environment = {
      ...token.environment,
      KMS_DATA_DIR: directory,
      KMS_PKCS11_URI: token.uri,
      KMS_HSM_PROFILE: token.profile,
    }
  }

  static async open(openToken: () => Promise<TestToken>): Promise<Bench> {
    const token = await openToken()
    const bench = new Bench(token, await mkdtemp(join(tmpdir(), 'kms-compliance-')))
    try {
      bench.cmks = await bench.withBackend(async (backend) => [
        await addCmk(backend),
        await addCmk(backend),
      ])
      return bench
    } catch (error) {
      await bench.close()
      throw error
    }
  }

  get directory(): string {
    return this.#directory
  }

  /** The first CMK. */
  get cmk(): { readonly key: KeyRef; readonly id: string; readonly label: string } {
    const key = this.cmks?.[0]
    if (!key) throw new Error('The bench has no CMK.')
    return { key, id: objectName(key), label: cmkLabel(key) }
  }

  async withBackend<Result>(run: (backend: Backend) => Promise<Result>): Promise<Result> {
    const backend = await openBackend(
      { ...loadConfig(this.environment), agents: 1 },
      NO_HSM_OBSERVER,
    )
    try {
      return await run(backend)
    } finally {
      await backend.close()
    }
  }

  /** Changes the objects of the token without the service's knowledge. SoftHSM only. */
  async sabotage(...steps: readonly Sabotage[]): Promise<void> {
    const { modulePath, pinFile } = parseTokenUri(this.#token.uri)
    await promisify(execFile)(
      process.execPath,
      [SABOTAGE, modulePath, pinFile, JSON.stringify(steps)],
      { env: this.#token.environment, timeout: 20_000, killSignal: 'SIGKILL' },
    )
  }

  async run(
    args: readonly string[] = [],
    changes: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const written = { out: '', err: '' }
    // No registry is asked: the tests are of this tree alone.
    const exitCode = await compliance(['--offline', ...args], {
      environment: { ...this.environment, ...changes },
      out: (text) => void (written.out += text),
      err: (text) => void (written.err += text),
    })
    return { exitCode, ...written }
  }

  /** Runs and reads the report. */
  async report(
    changes: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<Outcome & Reported> {
    const outcome = await this.run(args, changes)
    return { ...outcome, ...parseReport(outcome.out) }
  }

  async close(): Promise<void> {
    await this.#token.remove()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Reads a JSON report. */
export function parseReport(text: string): Reported {
  return JSON.parse(text) as Reported
}

/** Reads a JSON report from a file. */
export async function readReport(path: string): Promise<Reported> {
  return parseReport(await readFile(path, 'utf8'))
}

/** Ids of the checks that failed, in the order of the report. */
export function failedIds({ checks }: Reported): readonly string[] {
  return checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
}

/** One check of a report. */
export function checkOf({ checks }: Reported, id: string): ReportedCheck {
  const found = checks.find((check) => check.id === id)
  if (!found) throw new Error(`The report has no check ${id}.`)
  return found
}

/** Makes a CMK as the service does. */
export async function addCmk({ hsm, database }: Backend): Promise<KeyRef> {
  const wish = {
    alias: newKeyId(),
    description: '',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
  } as const
  const place = {
    projectId: projectId('0123456789abcdef0123456789abcdef'),
    domainId: 'domain',
    home: 1,
    createdAt: Date.now(),
  }
  const cmk = newCmk(wish, place)
  const key = currentKey(cmk)
  const checkValue = await hsm.generateKey({ key, kind: 'wrapping', label: cmkLabel(key) })
  const version = firstVersion(cmk, checkValue)
  await database.keys.insert({ cmk, version, quota: 1000 })
  return key
}
