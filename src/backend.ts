import { access, constants, mkdir } from 'node:fs/promises'
import { prepareDevelopmentToken } from 'softhsm-config-scripts'
import type { Config } from './config.js'
import { SettingError } from './setting.js'
import type { AuditWriter } from './audit/audit-writer.js'
import type { AuditObserver } from './core/audit-observer.js'
import type { AccessKeyParts } from './core/create-access-key.js'
import type { CredentialSealing } from './core/sealed-record.js'
import type { Hsm } from './core/hsm.js'
import type { HsmObserver } from './core/hsm-observer.js'
import type { Tokens } from './core/keystore.js'
import { type ServiceKeys, loadServiceKeys } from './core/service-keys.js'
import { monotonic } from './core/clock.js'
import type { LoginTurns } from './core/login-turns.js'
import { NO_SIBLINGS, type Siblings } from './core/siblings.js'
import { openPkcs11Hsm } from './hsm/pkcs11-hsm.js'
import { credentialSealing } from './credential-sealing.js'
import { openAudit, placeAuditKeys } from './open-audit.js'
import { openTokens } from './open-tokens.js'
import { type PreviousToken, previousToken } from './previous-token.js'
import type { SecondToken } from './token-entry.js'
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
  /** The other token of the default keystore, where the settings name one. */
  readonly previous: PreviousToken | undefined
  /** Public keys of the audit log, DER SubjectPublicKeyInfo, newest first. */
  readonly auditPublicKeys: readonly Uint8Array[]
  readonly accessKeyParts: AccessKeyParts
  /** Its chain begins with the first event, and ends when the backend is closed. */
  readonly audit: AuditWriter
}

/** What a backend that serves has around it. */
export interface BackendSurroundings {
  readonly audit?: AuditObserver
  /** They forget what is changed here. */
  readonly siblings?: Siblings
  /** Turns to log in, of all processes of the machine. */
  readonly logins?: LoginTurns | undefined
}

/** The same, with who watches the HSM. */
type Surroundings = Required<BackendSurroundings> & { readonly hsm: HsmObserver }

/** Opens the database and the token of a configuration; prepares the development token where that is the one. */
export async function openBackend(
  config: Config,
  observer: HsmObserver,
  { audit = NOBODY, siblings = NO_SIBLINGS, logins }: BackendSurroundings = {},
): Promise<Backend> {
  const parts = await openParts(config, observer, { unproven: false, logins })
  const around = { hsm: observer, audit, siblings, logins }
  const previous = previousOf(config, around, parts.database)
  try {
    return await assemble(config, around, { ...parts, previous })
  } catch (error) {
    await previous?.close()
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
  { unproven, logins }: { readonly unproven: boolean; readonly logins?: LoginTurns | undefined },
): Promise<OpenedParts> {
  await makeDataDirectory(config.dataDirectory)
  const { address, environment } = await tokenOf(config)
  const database = await openDatabase(config.databaseUrl)
  try {
    const hsm = await openPkcs11Hsm({
      start: {
        address,
        profile: config.profile,
        sessions: config.sessionsPerAgent,
        unproven,
      },
      environment,
      agents: config.agents,
      queueLimit: config.queueLimit,
      timeoutMs: config.hsmTimeoutMs,
      generationTimeoutMs: config.hsmGenerationTimeoutMs,
      observer,
      logins,
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
  around: Surroundings,
  parts: OpenedParts & Pick<Backend, 'previous'>,
): Promise<Backend> {
  const { hsm, database, previous } = parts
  const clock = Date.now
  const { serviceKeys } = database
  const keys = await loadServiceKeys({
    hsm,
    store: serviceKeys,
    clock,
    previous: previous && (() => previous.hsm()),
  })
  const auditPublicKeys = await placeAuditKeys(config, keys, database)
  const audit = openAudit(config, { hsm, clock, ...keys }, around.audit)
  const stores = cachedStores(database, monotonic, around.siblings)
  const tokens = openTokens({
    own: { hsm, ...keys },
    previous,
    keystores: stores.keystores,
    serviceKeys,
    clock,
    monotonic,
    clusters: config.hsmClusters,
    openHsm: (cluster) => openSecond(config, around, cluster),
  })
  const sealing = credentialSealing({ own: { hsm, ...keys }, tokens, serviceKeys })
  return {
    ...keys,
    ...parts,
    sealing,
    stores,
    tokens,
    auditPublicKeys,
    accessKeyParts: { sealing, store: database.accessKeys, clock },
    audit,
    async close() {
      // While the HSM can still sign the end of its chain.
      await audit.close()
      await tokens.close()
      await previous?.close()
      await parts.close()
    },
  }
}

/** Nobody watches: a command sees what fails from the error of its own event. */
const NOBODY: AuditObserver = {
  written: () => undefined,
  refused: () => undefined,
  signed: () => undefined,
  notSigned: () => undefined,
  fault: () => undefined,
}

function previousOf(
  config: Config,
  around: Surroundings,
  { serviceKeys }: Database,
): PreviousToken | undefined {
  const { hsmPrevious: token } = config
  if (!token) return undefined
  return previousToken({
    open: () => openSecond(config, around, token),
    serviceKeys,
    monotonic,
  })
}

function openSecond(
  { queueLimit, hsmTimeoutMs: timeoutMs, hsmGenerationTimeoutMs: generationTimeoutMs }: Config,
  { hsm: observer, logins }: Surroundings,
  { address, profile, environment, agents, sessionsPerAgent: sessions }: SecondToken,
): Promise<Hsm> {
  return openPkcs11Hsm({
    start: { address, profile, sessions },
    environment,
    agents,
    queueLimit,
    timeoutMs,
    generationTimeoutMs,
    // Calls are counted together, but a gauge shows one pool: that of the default token.
    observer: { ...observer, queue: () => undefined, agents: () => undefined },
    logins,
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
