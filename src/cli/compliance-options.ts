import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AssessmentWish } from '../assessment/run-assessment.js'
import type { Endpoint } from '../assessment/gather-transport.js'
import type { VectorFile } from '../compliance/known-answers/vector-case.js'
import {
  type Cryptoperiods,
  DEFAULT_CRYPTOPERIODS,
  PERIOD_KINDS,
  type PeriodKind,
} from '../compliance/life-cycle/life-cycle-seen.js'
import { type CommandIo, UsageError } from './command.js'

/** Options of `kmsctl compliance` about what is checked, for parseArgs. */
export const ASSESSMENT_OPTIONS = {
  full: { type: 'boolean' },
  'read-only': { type: 'boolean' },
  vectors: { type: 'string' },
  endpoint: { type: 'string' },
  cryptoperiods: { type: 'string' },
  'access-key-days': { type: 'string' },
  offline: { type: 'boolean' },
} as const

/** The same in words, for the usage. */
export const ASSESSMENT_USAGE = `  --read-only            creates nothing on the token: the default, for production
  --full                 makes throw-away keys too, and destroys them: for a token of the same kind without real keys
  --vectors DIR          folder of published vectors: Wycheproof JSON, NIST CAVS text
  --endpoint HOST:PORT   where clients reach the service by TLS, if not at KMS_LISTEN
  --cryptoperiods LIST   days by kind of key, such as symmetric=365,sign=730; kinds: ${PERIOD_KINDS.join(', ')}
  --access-key-days N    how old an access key may be, 1 to 3650; default 365
  --offline              does not ask the registry of npm for known vulnerabilities
`

interface Values {
  readonly full?: boolean | undefined
  readonly 'read-only'?: boolean | undefined
  readonly vectors?: string | undefined
  readonly endpoint?: string | undefined
  readonly cryptoperiods?: string | undefined
  readonly 'access-key-days'?: string | undefined
  readonly offline?: boolean | undefined
}

/** PCI DSS 4.0 requirement 8.2.6: accounts that were not used for 90 days. */
const MAX_IDLE_DAYS = 90
const MAX_VECTOR_FILE_BYTES = 64 * 1024 * 1024

/**
 * Reads what is to be checked, and how.
 *
 * @throws UsageError
 */
export async function readWish(values: Values, io: CommandIo): Promise<AssessmentWish> {
  if (values.full && values['read-only']) {
    throw new UsageError('--full and --read-only exclude each other.')
  }
  return {
    mode: values.full ? 'full' : 'read-only',
    vectorFiles: values.vectors === undefined ? undefined : await readVectors(values.vectors),
    endpoint: values.endpoint === undefined ? undefined : parseEndpoint(values.endpoint),
    cryptoperiods: parseCryptoperiods(values.cryptoperiods),
    maxAccessKeyDays: parseDays('--access-key-days', values['access-key-days'] ?? '365'),
    maxIdleDays: MAX_IDLE_DAYS,
    offline: values.offline ?? false,
    progress: progressOn(io),
  }
}

async function readVectors(folder: string): Promise<readonly VectorFile[]> {
  try {
    const files: VectorFile[] = []
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile() || !/\.(json|rsp|txt)$/i.test(entry.name)) continue
      const bytes = await readFile(join(folder, entry.name))
      if (bytes.length > MAX_VECTOR_FILE_BYTES) continue
      files.push({ name: entry.name, text: bytes.toString('utf8') })
    }
    return files.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch (cause) {
    throw new UsageError(`--vectors: The folder ${folder} cannot be read.`, { cause })
  }
}

function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port }
  throw new UsageError('--endpoint must be a host and a port, such as kms.example.com:443.')
}

function parseCryptoperiods(text: string | undefined): Cryptoperiods {
  if (text === undefined) return DEFAULT_CRYPTOPERIODS
  const pairs = text.split(',').map((pair): readonly [PeriodKind, number] => {
    const [name = '', days = ''] = pair.split('=')
    const kind = PERIOD_KINDS.find((known) => known === name.trim())
    if (kind) return [kind, parseDays('--cryptoperiods', days)]
    throw new UsageError(
      `--cryptoperiods must be KIND=DAYS, separated by commas; kinds: ${PERIOD_KINDS.join(', ')}.`,
    )
  })
  return { ...DEFAULT_CRYPTOPERIODS, ...Object.fromEntries(pairs) }
}

function parseDays(option: string, text: string): number {
  const days = Number(text)
  if (/^\d{1,4}$/.test(text) && days >= 1 && days <= 3650) return days
  throw new UsageError(`${option} takes days as a whole number, 1 to 3650.`)
}

/** One line that is written over again and again, on a terminal alone. */
function progressOn(io: CommandIo): (step: string | undefined) => void {
  if (io.terminal !== true) return () => undefined
  return (step) => io.err(step === undefined ? '\r\u001b[K' : `\r\u001b[KChecking: ${step} …`)
}
