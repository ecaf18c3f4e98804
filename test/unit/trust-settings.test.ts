import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { loadIssuer } from '../../src/issuer-settings.js'
import { loadLimits, loadTrustedProxies } from '../../src/limit-settings.js'
import { SettingError } from '../../src/setting.js'
import { inNewFolder } from '../support/folder.js'

function refusal(work: () => unknown): SettingError {
  try {
    work()
  } catch (error) {
    if (error instanceof SettingError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

test.each([
  { KMS_RATE_STORE: 'redis' },
  { KMS_RATE_STORE: 'postgres' },
  { KMS_RATE_STORE: 'postgres', KMS_DATABASE_URL: 'sqlite:' },
  { KMS_RATE_PER_CALLER: '-1' },
  { KMS_RATE_PER_ADDRESS: 'many' },
  { KMS_LOCKOUT_FAILURES: '1.5' },
  { KMS_LOCKOUT_SECONDS: '0' },
  { KMS_LOCKOUT_SCOPE: 'world' },
])('limits refuse %j and name the setting', (environment) => {
  const [name = ''] = Object.keys(environment)
  expect(refusal(() => loadLimits(environment)).message).toContain(name)
})

test('limits count together where replicas share a PostgreSQL', () => {
  const environment = { KMS_RATE_STORE: 'postgres', KMS_DATABASE_URL: 'postgres://kms@db/kms' }
  expect(loadLimits(environment)).toMatchObject({ shared: true, rates: { perCaller: 1000 } })
})

test.each(['localhost', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', '10.0.0.1,,10.0.0.2', '/8'])(
  'trusted proxies refuse "%s"',
  (text) => {
    const error = refusal(() => loadTrustedProxies({ KMS_TRUSTED_PROXIES: text }))
    expect(error.message).toContain('KMS_TRUSTED_PROXIES')
  },
)

test('trusted proxies are addresses and networks of both kinds', () => {
  const trusted = loadTrustedProxies({ KMS_TRUSTED_PROXIES: '192.0.2.1, 10.0.0.0/8,2001:db8::/32' })
  expect(trusted?.check('10.255.0.1')).toBe(true)
  expect(trusted?.check('192.0.2.1')).toBe(true)
  expect(trusted?.check('192.0.2.2')).toBe(false)
  expect(trusted?.check('2001:db8::5', 'ipv6')).toBe(true)
  expect(loadTrustedProxies({})).toBeUndefined()
})

const ISSUER = {
  issuer: 'https://login.example.test/',
  audience: 'kms',
  jwks_uri: 'https://login.example.test/jwks.json',
  domain_id: 'account',
}

test('an issuer is read, and what is not stated has its default', async () => {
  await inNewFolder((folder) => {
    const path = join(folder, 'issuer.json')
    writeFileSync(path, JSON.stringify(ISSUER))
    expect(loadIssuer({ KMS_OIDC_CONFIG: path })).toMatchObject({
      userClaim: 'sub',
      projectClaim: 'project',
      algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    })
    expect(loadIssuer({})).toBeUndefined()
    return Promise.resolve()
  })
})

test.each<[string, unknown]>([
  ['no object', []],
  ['no audience', { ...ISSUER, audience: undefined }],
  ['an unknown member', { ...ISSUER, audiences: ['kms'] }],
  ['keys that come in the clear', { ...ISSUER, jwks_uri: 'http://login.example.test/jwks.json' }],
  ['keys of no address', { ...ISSUER, jwks_uri: 'jwks.json' }],
  ['a secret that both know', { ...ISSUER, algorithms: ['HS256'] }],
  ['no signature', { ...ISSUER, algorithms: ['none'] }],
])('an issuer with %s is refused', async (_what, file) => {
  await inNewFolder((folder) => {
    const path = join(folder, 'issuer.json')
    writeFileSync(path, JSON.stringify(file))
    expect(refusal(() => loadIssuer({ KMS_OIDC_CONFIG: path })).message).toContain(
      'KMS_OIDC_CONFIG',
    )
    return Promise.resolve()
  })
})

test('an issuer whose file is not there is refused', () => {
  expect(refusal(() => loadIssuer({ KMS_OIDC_CONFIG: '/nowhere.json' })).message).toContain(
    '/nowhere.json',
  )
})
