import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { OfficialClient } from '../support/official-client.js'
import { failToStart, startServiceProcess } from '../support/service-process.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

let folder: Awaited<ReturnType<typeof newFolder>>
beforeAll(async () => {
  folder = await newFolder()
})
afterAll(() => folder.remove())

/** Starts with one wrong setting: one line that names it, exit code 2, nothing on standard output. */
async function refused(environment: Readonly<Record<string, string>>, expected: RegExp) {
  const { code, out, err } = await failToStart({
    KMS_LISTEN: '127.0.0.1:0',
    KMS_DATA_DIR: join(folder.path, 'never'),
    ...environment,
  })
  expect(err).toMatch(expected)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
  expect(out).toBe('')
  expect(code).toBe(2)
}

describe('a wrong setting', () => {
  test.each([
    ['KMS_LISTEN', 'nonsense', /^KMS_LISTEN: .*address and a port/],
    ['KMS_LISTEN', '127.0.0.1:99999', /^KMS_LISTEN: /],
    ['KMS_LISTEN', '0.0.0.0:0', /^KMS_LISTEN: .*KMS_TLS_CERT/],
    ['KMS_TLS', 'on', /^KMS_TLS: /],
    ['KMS_TLS_CERT', '/nowhere/cert.pem', /^KMS_TLS_KEY: /],
    ['KMS_TLS_KEY', '/nowhere/key.pem', /^KMS_TLS_CERT: /],
    ['KMS_TLS_CLIENT_CA', '/nowhere/ca.pem', /^KMS_TLS_CLIENT_CA: /],
    ['KMS_DATABASE_URL', 'mysql://localhost/kms', /^KMS_DATABASE_URL: /],
    ['KMS_DATABASE_URL', 'sqlite:relative/path', /^KMS_DATABASE_URL: /],
    ['KMS_PKCS11_URI', 'token=kms', /^KMS_PKCS11_URI: .*pkcs11:/],
    [
      'KMS_PKCS11_URI',
      'pkcs11:token=?module-path=/m&pin-source=file:/p',
      /^KMS_PKCS11_URI: .*empty/i,
    ],
    [
      'KMS_PKCS11_URI',
      'pkcs11:token=a?module-path=/m&pin-value=1234',
      /^KMS_PKCS11_URI: .*pin-source/,
    ],
    [
      'KMS_PKCS11_URI',
      'pkcs11:slot-id=1?module-path=/m&pin-source=/p',
      /^KMS_PKCS11_URI: .*slot-id/,
    ],
    ['KMS_HSM_PROFILE', 'no-such-profile', /^KMS_HSM_PROFILE: /],
    ['KMS_HSM_PROFILE', '../../package', /^KMS_HSM_PROFILE: /],
    ['KMS_HSM_PROFILE', 'pkcs11-v3', /^KMS_PKCS11_URI: .*pkcs11-v3/],
    ['KMS_AGENTS', '0', /^KMS_AGENTS: .*1 to 64/],
    ['KMS_AGENTS', 'two', /^KMS_AGENTS: /],
    ['KMS_SESSIONS_PER_AGENT', '2', /^KMS_SESSIONS_PER_AGENT: .*softhsm2/],
    ['KMS_QUEUE_LIMIT', '-1', /^KMS_QUEUE_LIMIT: /],
    ['KMS_HSM_TIMEOUT_MS', '1e3', /^KMS_HSM_TIMEOUT_MS: /],
    ['KMS_HSM_GENERATION_TIMEOUT_MS', '4999', /^KMS_HSM_GENERATION_TIMEOUT_MS: .*5000 to 600000/],
    ['KMS_LOG_LEVEL', 'loud', /^KMS_LOG_LEVEL: .*trace/],
  ])('%s=%s is refused in one line', async (name, value, expected) => {
    await refused({ [name]: value }, expected)
  })

  test('a PIN is never repeated in the refusal', async () => {
    const { err } = await failToStart({
      KMS_PKCS11_URI: 'pkcs11:token=a?module-path=/m&pin-value=marked-secret-1234',
    })
    expect(err).not.toContain('marked-secret')
  })

  test('a data directory that cannot be made is refused', async () => {
    const file = join(folder.path, 'a-file')
    await writeFile(file, '')
    await refused({ KMS_DATA_DIR: join(file, 'var') }, /^KMS_DATA_DIR: /)
  })

  test('a database that cannot be reached is refused', async () => {
    await refused(
      { KMS_DATABASE_URL: 'postgres://127.0.0.1:1/kms', KMS_DATA_DIR: join(folder.path, 'pg') },
      /^KMS_DATABASE_URL: /,
    )
  }, 60_000)
})

describeUnless(softHsmModule() ? undefined : 'SoftHSM is not installed', 'with a token', () => {
  let token: TestToken
  beforeAll(async () => {
    token = await openSoftHsmToken()
  })
  afterAll(() => token.remove())

  test('an address that is taken is refused', async () => {
    const blocker = await listen()
    const address = blocker.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await refused(
      {
        ...tokenSettings(),
        KMS_LISTEN: `127.0.0.1:${port}`,
        KMS_DATA_DIR: join(folder.path, 'taken'),
      },
      /^KMS_LISTEN: /,
    )
    blocker.close()
  })

  test.each([
    ['a token that is not there', { token: 'token=other' }, /^KMS_PKCS11_URI: .*No token/],
    ['a module that is not there', { module: '/nowhere/lib.so' }, /^KMS_PKCS11_URI: .*module/],
    ['a PIN file that is not there', { pin: '/nowhere/pin' }, /^KMS_PKCS11_URI: .*PIN file/],
  ])('%s is refused', async (_name, change, expected) => {
    const uri = token.uri
      .replace(/token=[^?;]+/, 'token' in change ? change.token : '$&')
      .replace(/module-path=[^&]+/, 'module' in change ? `module-path=${change.module}` : '$&')
      .replace(/pin-source=[^&]+/, 'pin' in change ? `pin-source=file:${change.pin}` : '$&')
    await refused({ ...tokenSettings(), KMS_PKCS11_URI: uri }, expected)
  })

  test('a wrong PIN is refused', async () => {
    const pin = join(folder.path, 'wrong-pin')
    await writeFile(pin, 'wrong\n', { mode: 0o600 })
    const uri = token.uri.replace(/pin-source=[^&]+/, `pin-source=file:${pin}`)
    await refused({ ...tokenSettings(), KMS_PKCS11_URI: uri }, /^KMS_PKCS11_URI: .*PIN/)
  })

  test('a database that belongs to another token is refused', async () => {
    const directory = join(folder.path, 'mixed')
    const first = await startServiceProcess(directory)
    await first.end('SIGTERM')
    await refused(
      { ...tokenSettings(), KMS_DATA_DIR: directory },
      /KMS_PKCS11_URI.*KMS_DATABASE_URL.*do not belong together/,
    )
  }, 60_000)

  test('TLS serves, asks for a client certificate where told, and stops at SIGINT', async () => {
    const [cert, key] = selfSigned(folder.path)
    const service = await startServiceProcess(join(folder.path, 'tls'), {
      ...tokenSettings(),
      KMS_LISTEN: '127.0.0.1:0',
      KMS_TLS_CERT: cert,
      KMS_TLS_KEY: key,
      KMS_TLS_CLIENT_CA: cert,
    })
    expect(service.url).toMatch(/^https:/)
    const trusted = ['--cacert', cert, '--silent', '--fail']
    const own = ['--cert', cert, '--key', key]
    const page = `${service.url.replace('127.0.0.1', 'localhost')}/health/ready`
    expect(curl([...trusted, ...own, page])).toContain('ready')
    expect(() => curl([...trusted, page])).toThrow()
    expect(await service.end('SIGINT')).toBe(0)
  }, 60_000)

  test('a second start keeps token, keys and credentials', async () => {
    const directory = join(folder.path, 'twice')
    const first = await startServiceProcess(directory)
    const before = first.credentials()
    const keyId = await new OfficialClient(before).createKey('kept')
    expect(await first.end('SIGTERM')).toBe(0)
    const second = await startServiceProcess(directory)
    const after = second.credentials()
    expect({ ...after, endpoint: '' }).toEqual({ ...before, endpoint: '' })
    expect(after.endpoint).toBe(second.url)
    const { status } = await new OfficialClient(after).call('describe-key', { key_id: keyId })
    expect(status).toBe(200)
    expect(await second.end('SIGTERM')).toBe(0)
  }, 60_000)

  function tokenSettings(): Readonly<Record<string, string>> {
    return { KMS_PKCS11_URI: token.uri, ...token.environment }
  }
})

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
  })
}

function curl(args: readonly string[]): string {
  return execFileSync('curl', args, { stdio: 'pipe' }).toString()
}

function selfSigned(directory: string): readonly [string, string] {
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
    ].concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']),
    { stdio: 'pipe' },
  )
  return [cert, key]
}
