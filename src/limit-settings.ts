import { BlockList, isIP, isIPv6 } from 'node:net'
import type { CallRates } from './limits/call-rates.js'
import type { LockOutRule } from './limits/lock-out.js'
import { type Environment, SettingError, setting, whole } from './setting.js'

/** How much is admitted. */
export interface LimitSettings {
  readonly rates: CallRates
  /** Whether replicas count calls together, in their PostgreSQL. */
  readonly shared: boolean
  readonly lockOut: LockOutRule
}

/**
 * Reads the addresses of trusted proxies: IP addresses, or networks such as 10.0.0.0/8, joined by commas.
 *
 * @throws SettingError
 */
export function loadTrustedProxies(environment: Environment): BlockList | undefined {
  const text = setting(environment, 'KMS_TRUSTED_PROXIES', '')
  if (text === '') return undefined
  const trusted = new BlockList()
  for (const part of text.split(',').map((one) => one.trim())) {
    const [address = '', bits = isIPv6(address) ? '128' : '32', ...more] = part.split('/')
    const most = isIPv6(address) ? 128 : 32
    if (isIP(address) === 0 || more.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) {
      throw new SettingError(
        'KMS_TRUSTED_PROXIES',
        'It must list IP addresses or networks, such as 192.0.2.1,10.0.0.0/8.',
      )
    }
    trusted.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return trusted
}

/**
 * Reads the limits.
 *
 * @throws SettingError
 */
export function loadLimits(environment: Environment): LimitSettings {
  const store = setting(environment, 'KMS_RATE_STORE', 'memory')
  if (store !== 'memory' && store !== 'postgres') {
    throw new SettingError('KMS_RATE_STORE', 'It must be memory or postgres.')
  }
  const url = environment['KMS_DATABASE_URL'] ?? ''
  if (store === 'postgres' && !url.startsWith('postgres')) {
    throw new SettingError('KMS_RATE_STORE', 'KMS_DATABASE_URL must name a PostgreSQL for this.')
  }
  const scope = setting(environment, 'KMS_LOCKOUT_SCOPE', 'address')
  if (scope !== 'address' && scope !== 'everywhere') {
    throw new SettingError('KMS_LOCKOUT_SCOPE', 'It must be address or everywhere.')
  }
  const rate = { min: 0, max: 1_000_000 }
  return {
    rates: {
      perAddress: whole(environment, 'KMS_RATE_PER_ADDRESS', { ...rate, fallback: 2000 }),
      perCaller: whole(environment, 'KMS_RATE_PER_CALLER', { ...rate, fallback: 1000 }),
    },
    shared: store === 'postgres',
    lockOut: {
      failures: whole(environment, 'KMS_LOCKOUT_FAILURES', { fallback: 5, min: 0, max: 1000 }),
      ms: 1000 * whole(environment, 'KMS_LOCKOUT_SECONDS', { fallback: 300, min: 1, max: 86_400 }),
      scope,
    },
  }
}
