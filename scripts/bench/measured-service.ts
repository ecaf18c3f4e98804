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
const TUNABLE = ['KMS_AGENTS', 'KMS_QUEUE_LIMIT', 'KMS_LOG_LEVEL', 'KMS_AUDIT']

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

/** A token, and what it takes to reach it. */
export interface MeasuredToken {
  readonly uri: string
  readonly environment: Readonly<Record<string, string>>
  /** Setting of its profile, where it is not SoftHSM itself. */
  readonly profile?: string
  remove(this: void): Promise<void>
}

/** Where a service runs, one time after another: a token and a folder of its own. */
export interface Premises {
  readonly token: MeasuredToken
  readonly folder: string
  /** Removes both. */
  remove(this: void): Promise<void>
}

/** Makes a throw-away token and a folder beside it. */
export async function openPremises(
  makeToken: () => Promise<MeasuredToken> = createThrowAwayToken,
): Promise<Premises> {
  const token = await makeToken()
  const folder = await mkdtemp(join(tmpdir(), 'kms-bench-'))
  return {
    token,
    folder,
    async remove() {
      await rm(folder, { recursive: true, force: true })
      await token.remove()
    },
  }
}

/** Starts the service on premises that stay when it has ended; its log goes to a file there. */
export async function startOn(
  { token, folder }: Premises,
  signal: AbortSignal,
  { flags = [], settings = {} }: Start = {},
): Promise<MeasuredService> {
  const environment = {
    ...tunedSettings(),
    ...settings,
    ...token.environment,
    ...(token.profile !== undefined && { KMS_HSM_PROFILE: token.profile }),
    KMS_PKCS11_URI: token.uri,
    KMS_LISTEN: '127.0.0.1:0',
    // What is measured comes from one address, with one access key, as fast as it can.
    KMS_RATE_PER_ADDRESS: '0',
    KMS_RATE_PER_CALLER: '0',
    KMS_DATA_DIR: join(folder, 'var'),
  }
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
  const credentials = readCredentials(credentialsPath(dataDirectory))
  if (credentials) return { ...server, credentials, databaseUrl }
  await server.stop()
  throw new Error('The service made no first access key.')
}

/** Starts the service on premises of its own, which `stop` removes. */
export async function startService(
  signal: AbortSignal,
  start: Start = {},
): Promise<MeasuredService> {
  const premises = await openPremises()
  try {
    const service = await startOn(premises, signal, start)
    return {
      ...service,
      async stop() {
        await service.stop()
        await premises.remove()
      },
    }
  } catch (error) {
    await premises.remove()
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
