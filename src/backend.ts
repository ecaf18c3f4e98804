import { access, constants, mkdir } from 'node:fs/promises'
import { prepareDevelopmentToken } from 'softhsm-config-scripts'
import type { Config } from './config.js'
import { SettingError } from './setting.js'
import type { AccessKeyParts } from './core/create-access-key.js'
import type { CredentialSealing } from './core/credential.js'
import type { Hsm } from './core/hsm.js'
import type { HsmObserver } from './core/hsm-observer.js'
import { type ServiceKeys, loadServiceKeys } from './core/service-keys.js'
import { openPkcs11Hsm } from './hsm/pkcs11-hsm.js'
import { type TokenAddress, parseTokenUri } from './hsm/uri.js'
import { type Database, openDatabase } from './store/database.js'

/** The token and the database, opened. */
export interface OpenedParts {
  readonly hsm: Hsm
  readonly database: Database
  close(): Promise<void>
}

/** The token and the database, opened and proven to belong together: what the service and `kmsctl` work on. */
export interface Backend extends ServiceKeys, OpenedParts {
  readonly sealing: CredentialSealing
  readonly accessKeyParts: AccessKeyParts
}

/** Opens the database and the token of a configuration; prepares the development token where that is the one. */
export async function openBackend(config: Config, observer: HsmObserver): Promise<Backend> {
  const parts = await openParts(config, observer, { unproven: false })
  try {
    return await assemble(parts)
  } catch (error) {
    await parts.close()
    throw error
  }
}

/**
 * Opens the same two for an inspection: whether the token passes its tests and belongs to the database is what is to be
 * found out, and no key is made.
 */
export function openForInspection(config: Config, observer: HsmObserver): Promise<OpenedParts> {
  return openParts(config, observer, { unproven: true })
}

async function openParts(
  config: Config,
  observer: HsmObserver,
  { unproven }: { readonly unproven: boolean },
): Promise<OpenedParts> {
  await makeDataDirectory(config.dataDirectory)
  const { address, environment } = await tokenOf(config)
  const database = await openDatabase(config.databaseUrl)
  try {
    const hsm = await openPkcs11Hsm({
      start: { address, profile: config.profile, unproven },
      environment,
      agents: config.agents,
      queueLimit: config.queueLimit,
      timeoutMs: config.hsmTimeoutMs,
      observer,
    })
    return {
      hsm,
      database,
      async close() {
        await hsm.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new SettingError('KMS_DATA_DIR', `The folder ${directory} cannot be made or written.`, {
      cause,
    })
  }
}

async function assemble(parts: OpenedParts): Promise<Backend> {
  const { hsm, database } = parts
  const clock = Date.now
  const keys = await loadServiceKeys({ hsm, store: database.serviceKeys, clock })
  const sealing = { hsm, ...keys }
  return {
    ...keys,
    ...parts,
    sealing,
    accessKeyParts: { sealing, store: database.accessKeys, clock },
  }
}

async function tokenOf(config: Config): Promise<{
  readonly address: TokenAddress
  readonly environment: Readonly<Record<string, string>>
}> {
  const { token, agentEnvironment } = config
  if (token.kind === 'uri') return { address: token.address, environment: agentEnvironment }
  const prepared = await prepareDevelopmentToken(token.directory)
  return {
    address: parseTokenUri(prepared.uri),
    environment: { ...agentEnvironment, ...prepared.environment },
  }
}
