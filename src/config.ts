import { type BlockList, isIPv6 } from 'node:net'
import { join, resolve } from 'node:path'
import { agentEnvironment } from './agent-environment.js'
import { type AgentSettings, loadAgents } from './agent-settings.js'
import { loadIssuer } from './issuer-settings.js'
import type { TokenIssuer } from './core/token-issuer.js'
import { GRANTS_PER_KEY } from './core/grant.js'
import type { Service } from './core/service.js'
import { type HsmClusters, loadHsmClusters } from './hsm-clusters.js'
import { loadPreviousToken } from './hsm-previous.js'
import { type HsmTimeouts, loadHsmTimeouts } from './hsm-timeouts.js'
import { type Profile, UnusableProfile, loadServingProfile } from './hsm/profile.js'
import { type TokenAddress, UnusableUri } from './hsm/uri.js'
import { type LimitSettings, loadLimits, loadTrustedProxies } from './limit-settings.js'
import { readTokenUri } from './pin-descriptor.js'
import { type Environment, SettingError, setting, whole } from './setting.js'
import { LOG_LEVELS, type LogLevel } from './telemetry/log.js'
import type { SecondToken } from './token-entry.js'
import { type TlsSettings, loadTls } from './tls-settings.js'

/** Which token: the development token in the data directory, or the one that a URI names. */
export type TokenSetting =
  | { readonly kind: 'development'; readonly directory: string }
  | { readonly kind: 'uri'; readonly address: TokenAddress }

/** Every setting, judged; nothing else reads the environment. */
export interface Config extends AgentSettings, HsmTimeouts {
  readonly host: string
  readonly port: number
  readonly tls: TlsSettings | undefined
  /** Whether a proxy in front terminates TLS: clients then see https though the listener does not speak it. */
  readonly tlsByProxy: boolean
  readonly dataDirectory: string
  readonly databaseUrl: string
  readonly token: TokenSetting
  readonly profile: Profile
  /** Environment of the agents: what the library of the profile reads, and no more. */
  readonly agentEnvironment: Readonly<Record<string, string>>
  /** Processes that serve HTTP. */
  readonly httpProcesses: number
  /** HSM clusters that keystores may be registered on. */
  readonly hsmClusters: HsmClusters
  /** The token that the default keystore had before, while keys are moved from it. */
  readonly hsmPrevious: SecondToken | undefined
  readonly queueLimit: number
  /** Requests that an HTTP process works on at once. */
  readonly requestLimit: number
  readonly logLevel: LogLevel
  /** Requests that take so long are logged with where their time went, in milliseconds; 0: none. */
  readonly slowCallMs: number
  readonly region: string
  readonly cmkQuota: number
  readonly grantQuota: number
  readonly aliasListForm: Service['aliasListForm']
  /** Pause between two looks for due work, in milliseconds. */
  readonly dueWorkIntervalMs: number
  readonly audit: AuditSettings
  readonly limits: LimitSettings
  /** Whose JSON Web Tokens are believed. */
  readonly issuer: TokenIssuer | undefined
  /** Whose word on the address of a client counts. */
  readonly trustedProxies: BlockList | undefined
}

/** How the audit log is kept. */
export interface AuditSettings {
  /** False for measurements alone. */
  readonly on: boolean
  readonly folder: string
  /** Length from which a file is followed by another, in bytes. */
  readonly maxFileBytes: number
  /** Pause between two checkpoints, in milliseconds. */
  readonly checkpointMs: number
  /** Pause between two checks of the whole log, in milliseconds; 0: it is not checked. */
  readonly verifyMs: number
}

/**
 * Reads the settings.
 *
 * @throws SettingError for the first that is wrong
 */
export function loadConfig(environment: Environment): Config {
  const listen = parseListen(setting(environment, 'KMS_LISTEN', '127.0.0.1:8080'))
  const tls = loadTls(environment)
  requireProtected(listen.host, tls, environment['KMS_TLS'])
  const dataDirectory = resolve(setting(environment, 'KMS_DATA_DIR', './var'))
  const profile = parseProfile(setting(environment, 'KMS_HSM_PROFILE', 'softhsm2'))
  const httpProcesses = whole(environment, 'KMS_HTTP_PROCESSES', { fallback: 1, min: 1, max: 64 })
  return {
    ...listen,
    tls,
    tlsByProxy: environment['KMS_TLS'] === 'off',
    dataDirectory,
    databaseUrl: parseDatabaseUrl(
      setting(environment, 'KMS_DATABASE_URL', 'sqlite:'),
      dataDirectory,
    ),
    token: parseToken(environment['KMS_PKCS11_URI'], { dataDirectory, profile }),
    profile,
    agentEnvironment: agentEnvironment(environment, profile),
    httpProcesses,
    ...loadAgents(environment, { profile, processes: httpProcesses }),
    hsmClusters: loadHsmClusters(environment, httpProcesses),
    hsmPrevious: loadPreviousToken(environment, httpProcesses),
    queueLimit: whole(environment, 'KMS_QUEUE_LIMIT', { fallback: 1000, min: 1, max: 100_000 }),
    requestLimit: whole(environment, 'KMS_REQUEST_LIMIT', {
      fallback: 2000,
      min: 1,
      max: 100_000,
    }),
    ...loadHsmTimeouts(environment),
    logLevel: parseLogLevel(setting(environment, 'KMS_LOG_LEVEL', 'info')),
    slowCallMs: whole(environment, 'KMS_SLOW_CALL_MS', { fallback: 1000, min: 0, max: 600_000 }),
    region: parseRegion(setting(environment, 'KMS_REGION', 'local')),
    cmkQuota: whole(environment, 'KMS_CMK_QUOTA', { fallback: 1000, min: 1, max: 1_000_000 }),
    grantQuota: whole(environment, 'KMS_GRANT_QUOTA', {
      fallback: GRANTS_PER_KEY,
      min: 1,
      max: 10_000,
    }),
    aliasListForm: parseAliasListForm(setting(environment, 'KMS_ALIAS_LIST_FORM', 'by-client')),
    dueWorkIntervalMs:
      1000 * whole(environment, 'KMS_DUE_WORK_INTERVAL_S', { fallback: 60, min: 1, max: 3600 }),
    audit: parseAudit(environment, dataDirectory),
    limits: loadLimits(environment),
    issuer: loadIssuer(environment),
    trustedProxies: loadTrustedProxies(environment),
  }
}

function parseAudit(environment: Environment, dataDirectory: string): AuditSettings {
  const mode = setting(environment, 'KMS_AUDIT', 'on')
  if (mode !== 'on' && mode !== 'off') {
    throw new SettingError('KMS_AUDIT', 'It must be on, or off for measurements.')
  }
  const megabytes = whole(environment, 'KMS_AUDIT_FILE_MB', { fallback: 64, min: 1, max: 4096 })
  const seconds = whole(environment, 'KMS_AUDIT_CHECKPOINT_S', { fallback: 60, min: 1, max: 3600 })
  return {
    on: mode === 'on',
    folder: auditFolder(environment, dataDirectory),
    maxFileBytes: megabytes * 1024 * 1024,
    checkpointMs: seconds * 1000,
    verifyMs:
      1000 * whole(environment, 'KMS_AUDIT_VERIFY_S', { fallback: 86_400, min: 0, max: 2_000_000 }),
  }
}

/** Folder of the audit log, of which nothing else has to be configured to be read. */
export function loadAuditFolder(environment: Environment): string {
  return auditFolder(environment, resolve(setting(environment, 'KMS_DATA_DIR', './var')))
}

function auditFolder(environment: Environment, dataDirectory: string): string {
  return resolve(setting(environment, 'KMS_AUDIT_DIR', join(dataDirectory, 'audit')))
}

function parseAliasListForm(text: string): Service['aliasListForm'] {
  if (text === 'array' || text === 'object' || text === 'by-client') return text
  throw new SettingError('KMS_ALIAS_LIST_FORM', 'It must be by-client, array or object.')
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535 || (match?.[1] !== undefined && !isIPv6(host))) {
    throw new SettingError(
      'KMS_LISTEN',
      'It must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080.',
    )
  }
  return { host, port }
}

function requireProtected(host: string, tls: TlsSettings | undefined, mode?: string): void {
  const loopback = host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
  if (loopback || tls || mode === 'off') return
  throw new SettingError(
    'KMS_LISTEN',
    'An address that others can reach needs TLS: set KMS_TLS_CERT and KMS_TLS_KEY, or KMS_TLS=off if a proxy in front terminates it.',
  )
}

function parseDatabaseUrl(text: string, dataDirectory: string): string {
  if (text === 'sqlite:') return `sqlite:${join(dataDirectory, 'kms.sqlite')}`
  if (text.startsWith('sqlite:/')) return text
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return text
  throw new SettingError(
    'KMS_DATABASE_URL',
    'It must be "sqlite:" (a file in the data directory), sqlite:/absolute/path or postgres://….',
  )
}

function parseToken(
  uri: string | undefined,
  known: { readonly dataDirectory: string; readonly profile: Profile },
): TokenSetting {
  if (!uri) {
    if (known.profile.name !== 'softhsm2') {
      throw new SettingError(
        'KMS_PKCS11_URI',
        `It must name a token, since the profile is ${known.profile.name}.`,
      )
    }
    return { kind: 'development', directory: join(known.dataDirectory, 'softhsm') }
  }
  try {
    return { kind: 'uri', address: readTokenUri(uri) }
  } catch (cause) {
    if (!(cause instanceof UnusableUri)) throw cause
    throw new SettingError('KMS_PKCS11_URI', cause.message, { cause })
  }
}

function parseProfile(name: string): Profile {
  try {
    return loadServingProfile(name)
  } catch (cause) {
    if (!(cause instanceof UnusableProfile)) throw cause
    throw new SettingError('KMS_HSM_PROFILE', cause.message, { cause })
  }
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (level) return level
  throw new SettingError('KMS_LOG_LEVEL', `It must be one of ${LOG_LEVELS.join(', ')}.`)
}

function parseRegion(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text
  throw new SettingError('KMS_REGION', 'It must be 1 to 64 letters, digits, dashes or underscores.')
}
