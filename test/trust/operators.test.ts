import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signRequest } from '../../src/auth/signer.js'
import { exchange } from '../http/client.js'
import { selfSigned } from '../http/self-signed.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { kmsctl, kmsctlJson } from '../support/kmsctl.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'

const POLICY = {
  version: '1',
  statements: [{ effect: 'allow', actions: ['kms:dek:*', 'kms:cmk:list'], resources: ['*'] }],
}
/** What another replica changed is seen so much later. */
const MEMORY_MS = 700

describeUnless(noToken, 'what operators do with kmsctl', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let directory: string
  let service: ServiceProcess
  let userId: string

  beforeAll(async () => {
    folder = await newFolder()
    directory = join(folder.path, 'var')
    service = await startServiceProcess(directory)
    await run('account', 'create', 'acme')
    await run('project', 'create', 'eu-west-101', '--account', 'acme')
    const made = await kmsctlJson(directory, 'user', 'create', 'alice', '--account', 'acme')
    userId = made['id'] ?? ''
    writeFileSync(join(folder.path, 'policy.json'), JSON.stringify(POLICY))
  }, 90_000)
  afterAll(async () => {
    await service.end('SIGTERM')
    await folder.remove()
  })

  async function run(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await kmsctl(directory, args)
    expect([args, code, err]).toEqual([args, 0, expect.any(String)])
    return out
  }

  async function refused(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await kmsctl(directory, args)
    expect([args, code, out]).toEqual([args, 1, ''])
    expect(err).toMatch(/^[A-Z].*\.\n$/s)
    return err
  }

  type Key = Readonly<Record<string, string>>

  async function listKeys(key: Key): Promise<number> {
    const path = `/v1.0/${key['project_id'] ?? ''}/kms/list-keys`
    const headers = signRequest({
      method: 'POST',
      url: `${service.url}${path}`,
      headers: {
        'content-type': 'application/json',
        ...(key['security_token'] !== undefined && { 'x-security-token': key['security_token'] }),
      },
      body: Buffer.from('{}'),
      accessKeyId: key['access_key_id'] ?? '',
      secretAccessKey: key['secret_access_key'] ?? '',
      projectId: key['project_id'] ?? '',
      now: Date.now(),
    })
    const reply = await exchange({
      method: 'POST',
      origin: service.url,
      path,
      headers,
      body: '{}',
    })
    return reply.status
  }

  test('a user may do nothing until a policy says so, and nothing after it is detached', async () => {
    const key = await kmsctlJson(directory, 'access-key', 'create', '--user', 'alice')
    expect(await listKeys(key)).toBe(403)
    const file = join(folder.path, 'policy.json')
    await run('policy', 'create', 'wrap', '--account', 'acme', '--file', file)
    await run('policy', 'attach', 'wrap', 'alice')
    await pause()
    expect(await listKeys(key)).toBe(200)
    expect(await run('policy', 'attached', userId)).toContain('"wrap"')
    expect(await refused('policy', 'delete', 'wrap', '--account', 'acme')).toContain('attached')
    const allowed = await kmsctl(directory, ['access', 'explain', 'alice', 'EncryptDatakey'])
    expect([allowed.code, allowed.out]).toEqual([
      0,
      expect.stringContaining('policy wrap statement 1'),
    ])
    const denied = await kmsctl(directory, ['access', 'explain', 'alice', 'kms:cmk:create'])
    expect([denied.code, denied.out]).toEqual([1, expect.stringContaining('"allowed": false')])
    const noKey = '00000000-0000-4000-8000-000000000000'
    const misled = await kmsctl(directory, ['access', 'explain', 'alice', 'CreateKey', noKey])
    expect([misled.code, misled.err]).toEqual([2, expect.stringContaining('is about no key')])
    const less = [{ ...POLICY.statements[0], actions: ['kms:dek:*'] }]
    writeFileSync(file, JSON.stringify({ version: '1', statements: less }))
    await run('policy', 'replace', 'wrap', '--account', 'acme', '--file', file)
    await pause()
    expect(await listKeys(key)).toBe(403)
    await run('policy', 'detach', 'wrap', 'alice')
    await pause()
    expect(await listKeys(key)).toBe(403)
    await run('policy', 'delete', 'wrap', '--account', 'acme')
  }, 120_000)

  test('a policy that is malformed is not stored', async () => {
    const file = join(folder.path, 'bad.json')
    for (const text of [
      '',
      '{',
      '{"version":"2","statements":[]}',
      JSON.stringify({ ...POLICY, more: 1 }),
    ]) {
      writeFileSync(file, text)
      expect(
        await refused('policy', 'create', 'bad', '--account', 'acme', '--file', file),
      ).toContain('no policy')
    }
  }, 120_000)

  test('an access key is rotated, disabled and deleted', async () => {
    await run('policy', 'attach', 'system:read-only', 'alice')
    const first = await kmsctlJson(directory, 'access-key', 'create', '--user', 'alice')
    const second = await kmsctlJson(directory, 'access-key', 'rotate', first['access_key_id'] ?? '')
    await pause()
    expect([await listKeys(first), await listKeys(second)]).toEqual([200, 200])
    await run('access-key', 'disable', first['access_key_id'] ?? '')
    await pause()
    expect([await listKeys(first), await listKeys(second)]).toEqual([401, 200])
    await run('access-key', 'delete', first['access_key_id'] ?? '')
    await refused('access-key', 'enable', first['access_key_id'] ?? '')
    const temporary = await kmsctlJson(
      directory,
      'access-key',
      'create',
      '--user',
      'alice',
      '--temporary',
      '60',
    )
    expect(await listKeys(temporary)).toBe(200)
    const without = Object.entries(temporary).filter(([name]) => name !== 'security_token')
    expect(await listKeys(Object.fromEntries(without))).toBe(401)
    expect(await refused('access-key', 'rotate', temporary['access_key_id'] ?? '')).toContain(
      'temporary',
    )
  }, 120_000)

  test('a disabled user is refused, and so is whoever calls in a disabled account or project', async () => {
    const key = await kmsctlJson(directory, 'access-key', 'create', '--user', userId)
    expect(await listKeys(key)).toBe(200)
    for (const [what, name] of [
      ['user', 'alice'],
      ['account', 'acme'],
      ['project', 'eu-west-101'],
    ] as const) {
      await run(what, 'disable', name)
      await pause()
      expect([what, await listKeys(key)]).toEqual([what, 401])
      await run(what, 'enable', name)
      await pause()
      expect([what, await listKeys(key)]).toEqual([what, 200])
    }
    writeFileSync(join(folder.path, 'cert.pem'), selfSigned('alice').cert)
    const added = await run('certificate', 'add', 'alice', '--file', join(folder.path, 'cert.pem'))
    const [fingerprint = ''] = JSON.parse(added) as string[]
    await pause()
    expect(await listKeys(key)).toBe(401)
    await run('certificate', 'remove', 'alice', fingerprint.toUpperCase())
    await pause()
    expect(await listKeys(key)).toBe(200)
  }, 120_000)

  test('nothing is deleted that others hang on, and names are not guessed', async () => {
    expect(await refused('account', 'delete', 'acme')).toContain('hang on it')
    expect(await refused('account', 'create', 'acme')).toContain('taken')
    expect(await refused('user', 'create', 'alice', '--account', 'acme')).toContain('taken')
    expect(await refused('user', 'delete', 'nobody')).toContain('kmsctl user list')
    await run('account', 'create', 'globex')
    await run('project', 'create', 'eu-west-101', '--account', 'globex')
    expect(await refused('project', 'delete', 'eu-west-101')).toContain('name it by its id')
    const usage = await kmsctl(directory, ['user', 'create', 'bob'])
    expect([usage.code, usage.err]).toEqual([2, expect.stringContaining('--account is missing')])
    expect((await kmsctl(directory, ['user', 'hug', 'alice'])).code).toBe(2)
    expect(await refused('user', 'create', 'a\nb', '--account', 'acme')).toContain('control')
  }, 120_000)

  test('a password is set from a file or standard input, and not a short one', async () => {
    const short = await kmsctl(directory, ['user', 'password', 'alice', '--file', '-'], {
      input: 'short',
    })
    expect([short.code, short.err]).toEqual([1, expect.stringContaining('12 characters')])
    const long = await kmsctl(directory, ['user', 'password', 'alice', '--file', '-'], {
      input: 'long enough now\n',
    })
    expect([long.code, long.err]).toEqual([0, ''])
    expect(await run('user', 'revoke-tokens', 'alice')).toBe('0 tokens are revoked.\n')
  }, 120_000)

  test('every act is in the audit log, with who did it', async () => {
    await run('user', 'delete', 'alice')
    const exported = await run('audit', 'export')
    const events = exported
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const acts = new Set(events.map(({ operation }) => operation))
    for (const act of [
      'CreateAccount',
      'CreateUser',
      'AttachPolicy',
      'RotateAccessKey',
      'DisableUser',
      'SetPassword',
      'AddCertificate',
      'DeleteUser',
    ]) {
      expect(acts).toContain(act)
    }
    const failed = events.find(
      ({ operation, outcome }) => operation === 'DeleteAccount' && outcome === 'failed',
    )
    expect(failed).toMatchObject({
      code: 'StillInUse',
      details: { operator: expect.any(String) as unknown },
    })
    expect((await kmsctl(directory, ['audit', 'verify'])).code).toBe(0)
    expect(readFileSync(join(directory, 'credentials.json'), 'utf8')).toContain('user_id')
  }, 120_000)
})

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, MEMORY_MS))
}
