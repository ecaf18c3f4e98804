import { access, constants, mkdir } from 'node:fs/promises'
import { prepareDevelopmentToken } from 'softhsm-config-scripts'
import type { Config } from './config.js'
import { SettingError } from './setting.js'
import type { AccessKeyParts } from './core/create-access-key.js'
import type { CredentialSealing } from './core/sealed-record.js'
import type { Hsm } from './core/hsm.js'
import type { HsmObserver } from './core/hsm-observer.js'
import { type ServiceKeys, loadServiceKeys } from './core/service-keys.js'
import { openPkcs11Hsm } from './hsm/pkcs11-hsm.js'
import type { HsmCluster } from './hsm-clusters.js'
import { openTokens } from './open-tokens.js'
import type { Tokens } from './core/keystore.js'
import type { Stores } from './core/service.js'
import { type TokenAddress, parseTokenUri } from './hsm/uri.js'
import { cachedStores } from './store/cached-stores.js'
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
  /** The stores of the database, behind a short memory. */
  readonly stores: Stores
  /** The tokens of all keystores. */
  readonly tokens: Tokens
  readonly accessKeyParts: AccessKeyParts
}

/** Opens the database and the token of a configuration; prepares the development token where that is the one. */
export async function openBackend(config: Config, observer: HsmObserver): Promise<Backend> {
  const parts = await openParts(config, observer, { unproven: false })
  try {
    return await assemble(config, observer, parts)
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

async function assemble(
  config: Config,
  observer: HsmObserver,
  parts: OpenedParts,
): Promise<Backend> {
  const { hsm, database } = parts
  const clock = Date.now
  const keys = await loadServiceKeys({ hsm, store: database.serviceKeys, clock })
  const sealing = { hsm, ...keys }
  const stores = cachedStores(database, clock)
  const tokens = openTokens({
    own: { hsm, ...keys },
    keystores: stores.keystores,
    serviceKeys: database.serviceKeys,
    clock,
    clusters: config.hsmClusters,
    openHsm: (cluster) => openCluster(config, observer, cluster),
  })
  return {
    ...keys,
    ...parts,
    sealing,
    stores,
    tokens,
    accessKeyParts: { sealing, store: database.accessKeys, clock },
    async close() {
      await tokens.close()
      await parts.close()
    },
  }
}

function openCluster(
  { queueLimit, hsmTimeoutMs: timeoutMs }: Config,
  observer: HsmObserver,
  { address, profile, environment, agents }: HsmCluster,
): Promise<Hsm> {
  return openPkcs11Hsm({
    start: { address, profile },
    environment,
    agents,
    queueLimit,
    timeoutMs,
    // Calls are counted together, but a gauge shows one pool: that of the default token.
    observer: { ...observer, queue: () => undefined, agents: () => undefined },
  })
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
