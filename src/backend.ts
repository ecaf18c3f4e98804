import { access, constants, mkdir } from 'node:fs/promises'
import { prepareDevelopmentToken } from 'softhsm-config-scripts'
import { type Config, SettingError } from './config.js'
import type { AccessKeyParts } from './core/create-access-key.js'
import type { CredentialSealing } from './core/credential.js'
import type { Hsm } from './core/hsm.js'
import type { HsmObserver } from './core/hsm-observer.js'
import { type ServiceKeys, loadServiceKeys } from './core/service-keys.js'
import { openPkcs11Hsm } from './hsm/pkcs11-hsm.js'
import { type TokenAddress, parseTokenUri } from './hsm/uri.js'
import { type Database, openDatabase } from './store/database.js'

/** The token and the database, opened and proven to belong together: what the service and `kmsctl` work on. */
export interface Backend extends ServiceKeys {
  readonly hsm: Hsm
  readonly database: Database
  readonly sealing: CredentialSealing
  readonly accessKeyParts: AccessKeyParts
  close(): Promise<void>
}

/** Opens the database and the token of a configuration; prepares the development token where that is the one. */
export async function openBackend(config: Config, observer: HsmObserver): Promise<Backend> {
  await makeDataDirectory(config.dataDirectory)
  const { address, environment } = await tokenOf(config)
  const database = await openDatabase(config.databaseUrl)
  try {
    const hsm = await openPkcs11Hsm({
      start: { address, profile: config.profile },
      environment,
      agents: config.agents,
      queueLimit: config.queueLimit,
      timeoutMs: config.hsmTimeoutMs,
      observer,
    })
    try {
      return await assemble(hsm, database)
    } catch (error) {
      await hsm.close()
      throw error
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

async function assemble(hsm: Hsm, database: Database): Promise<Backend> {
  const clock = Date.now
  const keys = await loadServiceKeys({ hsm, store: database.serviceKeys, clock })
  const sealing = { hsm, ...keys }
  return {
    ...keys,
    hsm,
    database,
    sealing,
    accessKeyParts: { sealing, store: database.accessKeys, clock },
    async close() {
      await hsm.close()
      await database.close()
    },
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
