import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type Profile, UnusableProfile, loadProfile } from './hsm/profile.js'
import { type TokenAddress, UnusableUri, parseTokenUri } from './hsm/uri.js'
import { LOG_LEVELS, type LogLevel } from './telemetry/log.js'

/** A setting that cannot be used: the message is one line that names the variable. */
export class SettingError extends Error {
  override readonly name = 'SettingError'

  constructor(variable: string, sentence: string, options?: ErrorOptions) {
    super(`${variable}: ${sentence}`, options)
  }
}

/** Certificates of the listener, PEM. */
export interface TlsSettings {
  readonly cert: Buffer
  readonly key: Buffer
  /** Where it is set, only clients with a certificate of this authority are served. */
  readonly clientCa: Buffer | undefined
}

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
  readonly queueLimit: number
  /** Deadline of one HSM call in milliseconds. */
  readonly hsmTimeoutMs: number
  readonly logLevel: LogLevel
  readonly region: string
  readonly cmkQuota: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** What the dynamic loader reads, for libraries outside the standard folders. */
const LOADER_VARIABLES = ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']

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
    agentEnvironment: pick(environment, [...profile.environment, ...LOADER_VARIABLES]),
    agents: whole(environment, 'KMS_AGENTS', { fallback: 2, min: 1, max: 64 }),
    queueLimit: whole(environment, 'KMS_QUEUE_LIMIT', { fallback: 1000, min: 1, max: 100_000 }),
    hsmTimeoutMs: whole(environment, 'KMS_HSM_TIMEOUT_MS', {
      fallback: 5000,
      min: 100,
      max: 120_000,
    }),
    logLevel: parseLogLevel(setting(environment, 'KMS_LOG_LEVEL', 'info')),
    region: parseRegion(setting(environment, 'KMS_REGION', 'local')),
    cmkQuota: whole(environment, 'KMS_CMK_QUOTA', { fallback: 1000, min: 1, max: 1_000_000 }),
  }
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

function loadTls(environment: Environment): TlsSettings | undefined {
  const cert = environment['KMS_TLS_CERT']
  const key = environment['KMS_TLS_KEY']
  const clientCa = environment['KMS_TLS_CLIENT_CA']
  const mode = environment['KMS_TLS']
  if (mode && mode !== 'off') {
    throw new SettingError('KMS_TLS', 'The only value is "off": a proxy in front terminates TLS.')
  }
  if (mode === 'off' && (cert || key || clientCa)) {
    throw new SettingError(
      'KMS_TLS',
      'It is "off", but a certificate is set: only one can be meant.',
    )
  }
  if (!cert && !key) {
    if (!clientCa) return undefined
    throw new SettingError('KMS_TLS_CLIENT_CA', 'It needs KMS_TLS_CERT and KMS_TLS_KEY as well.')
  }
  if (!cert) throw new SettingError('KMS_TLS_CERT', 'It must be set along with KMS_TLS_KEY.')
  if (!key) throw new SettingError('KMS_TLS_KEY', 'It must be set along with KMS_TLS_CERT.')
  const settings = {
    cert: readSettingFile('KMS_TLS_CERT', cert),
    key: readSettingFile('KMS_TLS_KEY', key),
    clientCa: clientCa ? readSettingFile('KMS_TLS_CLIENT_CA', clientCa) : undefined,
  }
  requirePem(settings)
  return settings
}

function requirePem({ cert, key, clientCa }: TlsSettings): void {
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new SettingError(
      'KMS_TLS_CERT',
      'The certificate and KMS_TLS_KEY must be PEM and belong together.',
      { cause },
    )
  }
  if (clientCa === undefined) return
  try {
    createSecureContext({ ca: clientCa })
    if (clientCa.includes('-----BEGIN CERTIFICATE-----')) return
  } catch (cause) {
    throw new SettingError('KMS_TLS_CLIENT_CA', 'It must be a PEM file of certificates.', { cause })
  }
  throw new SettingError('KMS_TLS_CLIENT_CA', 'It must be a PEM file of certificates.')
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

function readSettingFile(variable: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new SettingError(variable, `The file ${path} cannot be read.`, { cause })
  }
}

function pick(environment: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
