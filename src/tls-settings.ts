import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { type Environment, SettingError, setting } from './setting.js'

/** Certificates of the listener, PEM. */
export interface TlsSettings {
  readonly cert: Buffer
  readonly key: Buffer
  /** Where it is set, only clients with a certificate of this authority are served. */
  readonly clientCa: Buffer | undefined
  /** Whether clients may also come without one. */
  readonly clientAuth: 'required' | 'optional'
}

/**
 * Reads the certificates; nothing where none is set.
 *
 * @throws SettingError
 */
export function loadTls(environment: Environment): TlsSettings | undefined {
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
    clientAuth: parseClientAuth(setting(environment, 'KMS_TLS_CLIENT_AUTH', 'required')),
  }
  requirePem(settings)
  return settings
}

function parseClientAuth(text: string): TlsSettings['clientAuth'] {
  if (text === 'required' || text === 'optional') return text
  throw new SettingError('KMS_TLS_CLIENT_AUTH', 'It must be required or optional.')
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

function readSettingFile(variable: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new SettingError(variable, `The file ${path} cannot be read.`, { cause })
  }
}
