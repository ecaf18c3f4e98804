import { isIPv6 } from 'node:net'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { agentEnvironment } from './agent-environment.js'
import { GRANTS_PER_KEY } from './core/grant.js'
import type { Service } from './core/service.js'
import { type HsmClusters, loadHsmClusters } from './hsm-clusters.js'
import { type Profile, UnusableProfile, loadProfile } from './hsm/profile.js'
import { type TokenAddress, UnusableUri, parseTokenUri } from './hsm/uri.js'
import { type Environment, SettingError } from './setting.js'
import { LOG_LEVELS, type LogLevel } from './telemetry/log.js'
import { type TlsSettings, loadTls } from './tls-settings.js'

/** Which token: the development token in the data directory, or the one that a URI names. */
export type TokenSetting =
  | { readonly kind: 'development'; readonly directory: string }
  | { readonly kind: 'uri'; readonly address: TokenAddress }

/** Every setting, judged; nothing else reads the environment. */
export interface Config {
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
  readonly agents: number
  /** HSM clusters that keystores may be registered on. */
  readonly hsmClusters: HsmClusters
  readonly queueLimit: number
  /** Deadline of one HSM call in milliseconds. */
  readonly hsmTimeoutMs: number
  readonly logLevel: LogLevel
  readonly region: string
  readonly cmkQuota: number
  readonly grantQuota: number
  readonly aliasListForm: Service['aliasListForm']
  /** Pause between two looks for due work, in milliseconds. */
  readonly dueWorkIntervalMs: number
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
    agents: parseAgents(environment, profile),
    hsmClusters: loadHsmClusters(environment),
    queueLimit: whole(environment, 'KMS_QUEUE_LIMIT', { fallback: 1000, min: 1, max: 100_000 }),
    hsmTimeoutMs: whole(environment, 'KMS_HSM_TIMEOUT_MS', {
      fallback: 5000,
      min: 100,
      max: 120_000,
    }),
    logLevel: parseLogLevel(setting(environment, 'KMS_LOG_LEVEL', 'info')),
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
  }
}

function parseAliasListForm(text: string): Service['aliasListForm'] {
  if (text === 'array' || text === 'object' || text === 'by-client') return text
  throw new SettingError('KMS_ALIAS_LIST_FORM', 'It must be by-client, array or object.')
}

/** A variable that is set to nothing counts as not set: compose files and shells write it so. */
function setting(environment: Environment, variable: string, fallback: string): string {
  const text = environment[variable]
  return text === undefined || text === '' ? fallback : text
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
    return { kind: 'uri', address: parseTokenUri(uri) }
  } catch (cause) {
    if (!(cause instanceof UnusableUri)) throw cause
    throw new SettingError('KMS_PKCS11_URI', cause.message, { cause })
  }
}

function parseProfile(name: string): Profile {
  try {
    return loadProfile(name)
  } catch (cause) {
    if (!(cause instanceof UnusableProfile)) throw cause
    throw new SettingError('KMS_HSM_PROFILE', cause.message, { cause })
  }
}

/**
 * One agent for each processor but the one that serves HTTP, at most 4. On two processors a second agent takes from the
 * HTTP process: the calls of one request cost a quarter more processor time in all, since each message carries fewer.
 */
function defaultAgents(): number {
  return Math.min(4, Math.max(1, availableParallelism() - 1))
}

/** An agent that is exchanged needs one session more for a moment. */
function parseAgents(environment: Environment, profile: Profile): number {
  const agents = whole(environment, 'KMS_AGENTS', { fallback: defaultAgents(), min: 1, max: 64 })
  const sessions = agents + (profile.recycleAfterCalls > 0 ? 1 : 0)
  if (profile.maxSessions === 0 || sessions <= profile.maxSessions) return agents
  throw new SettingError(
    'KMS_AGENTS',
    `So many agents need ${sessions} sessions; tokens of the profile ${profile.name} admit ${profile.maxSessions}.`,
  )
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

function whole(
  environment: Environment,
  variable: string,
  rule: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = environment[variable]
  if (text === undefined || text === '') return rule.fallback
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (number >= rule.min && number <= rule.max) return number
  throw new SettingError(variable, `It must be a whole number from ${rule.min} to ${rule.max}.`)
}
