import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createThrowAwayToken } from 'softhsm-config-scripts'
import { loadConfig } from '../../src/config.js'
import { type Credentials, credentialsPath, readCredentials } from '../../src/credentials-file.js'
import { type ServerProcess, startServer } from './server-process.js'

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const BARE_EXPRESS = fileURLToPath(new URL('./bare-express.js', import.meta.url))

/** Flags of Node.js with which the service collects its garbage on SIGUSR2. */
export const SETTLEABLE: readonly string[] = [
  '--expose-gc',
  '--import',
  new URL('./settle.js', import.meta.url).href,
]

/** Settings of the service that a caller may change, to see what they cost. */
const TUNABLE = ['KMS_AGENTS', 'KMS_QUEUE_LIMIT', 'KMS_LOG_LEVEL']

/** The service, as an operator starts it, on a token and a database of its own. */
export interface MeasuredService extends ServerProcess {
  readonly credentials: Credentials
  /** Its database, as `openDatabase` takes it. */
  readonly databaseUrl: string
}

/** How the service is started. */
export interface Start {
  /** Flags of Node.js. */
  readonly flags?: readonly string[]
  /** Settings besides those of the token, of the folder and of the caller. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The settings that the caller of the program set. */
export function tunedSettings(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    TUNABLE.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/**
 * Starts the service; its log goes to a file in its temporary folder, which `stop` removes along with the token.
 */
export async function startService(
  signal: AbortSignal,
  { flags = [], settings = {} }: Start = {},
): Promise<MeasuredService> {
  const token = await createThrowAwayToken()
  const folder = await mkdtemp(join(tmpdir(), 'kms-bench-'))
  async function remove(): Promise<void> {
    await rm(folder, { recursive: true, force: true })
    await token.remove()
  }
  const environment = {
    ...tunedSettings(),
    ...settings,
    ...token.environment,
    KMS_PKCS11_URI: token.uri,
    KMS_LISTEN: '127.0.0.1:0',
    KMS_DATA_DIR: join(folder, 'var'),
  }
  try {
    const { dataDirectory, databaseUrl } = loadConfig(environment)
    const server = await startServer(
      {
        name: 'The service',
        args: [...flags, MAIN],
        environment,
        logFile: join(folder, 'service.log'),
      },
      signal,
    )
    const service = await withCredentials(server, dataDirectory, remove)
    return { ...service, databaseUrl }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Starts the bare Express application. */
export async function startBaseline(signal: AbortSignal): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-bench-'))
  async function remove(): Promise<void> {
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const server = await startServer(
      {
        name: 'The baseline',
        args: [BARE_EXPRESS],
        environment: {},
        logFile: join(folder, 'baseline.log'),
      },
      signal,
    )
    return {
      ...server,
      async stop() {
        await server.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function withCredentials(
  server: ServerProcess,
  dataDirectory: string,
  remove: () => Promise<void>,
): Promise<Omit<MeasuredService, 'databaseUrl'>> {
  async function stop(): Promise<void> {
    await server.stop()
    await remove()
  }
  const credentials = readCredentials(credentialsPath(dataDirectory))
  if (credentials) return { ...server, credentials, stop }
  await server.stop()
  throw new Error('The service made no first access key.')
}
