import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { tokenDigest } from '../../src/auth/bearer.js'
import { createPasswords } from '../../src/auth/passwords.js'
import { createLockOut } from '../../src/limits/lock-out.js'
import type { Reply } from './client.js'
import { DOMAIN, OTHER_PROJECT, PROJECT, type TestApp, startApp } from './start-app.js'

const PASSWORD = 'correct horse battery staple'
const lockOutRule = { failures: 3, ms: 60_000, scope: 'address' } as const

let app: TestApp
const clock = { ahead: 0 }
beforeAll(async () => {
  app = await startApp({
    app: { lockOut: createLockOut(lockOutRule, () => Date.now() + clock.ahead) },
  })
  const { hash } = createPasswords()
  const { identities } = app.database
  const user = await identities.findUser('tester')
  if (!user) throw new Error('The user of the tests is not there.')
  await identities.replaceUser({ ...user, passwordHash: await hash(PASSWORD) })
})
afterAll(() => app.close())
beforeEach(() => {
  // Nobody is locked out by the test before.
  clock.ahead += 100_000
})

interface Stated {
  readonly user?: object
  readonly scope?: object
  readonly identity?: object
}

function bodyOf({ user, scope, identity }: Stated = {}): object {
  return {
    auth: {
      identity: identity ?? {
        methods: ['password'],
        password: { user: user ?? { id: 'tester', password: PASSWORD } },
      },
      scope: scope ?? { project: { id: PROJECT } },
    },
  }
}

function post(body: unknown): Promise<Reply> {
  return app.send('POST', '/v3/auth/tokens', {
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function token(): Promise<string> {
  const { headers } = await post(bodyOf())
  return String(headers['x-subject-token'])
}

function listKeys(headers: Record<string, string>, project: string = PROJECT): Promise<Reply> {
  return app.send('POST', `/v1.0/${project}/kms/list-keys`, {
    headers: { 'content-type': 'application/json', ...headers },
    body: '{}',
  })
}

describe('POST /v3/auth/tokens', () => {
  test('gives a token of a day for a password', async () => {
    const reply = await post(bodyOf())
    expect(reply.status).toBe(201)
    expect(reply.headers['x-subject-token']).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const { token } = reply.json as { token: Record<string, string> }
    expect(token).toMatchObject({
      methods: ['password'],
      user: { id: 'tester', name: 'tester', domain: { id: DOMAIN } },
      project: { id: PROJECT, name: PROJECT, domain: { id: DOMAIN } },
    })
    const life = Date.parse(token['expires_at'] ?? '') - Date.parse(token['issued_at'] ?? '')
    expect(life).toBe(24 * 60 * 60 * 1000)
    // Neither body nor log nor audit log repeats token or password.
    const told = [reply.text, JSON.stringify(app.events()), JSON.stringify(app.audit.events)].join()
    expect(told).not.toContain(String(reply.headers['x-subject-token']))
    expect(told).not.toContain(PASSWORD)
    expect(app.audit.events.at(-1)).toMatchObject({
      operation: 'CreateToken',
      outcome: 'done',
      userId: 'tester',
      projectId: PROJECT,
      authentication: 'password',
    })
  })

  test.each([
    [
      'by names',
      { name: 'tester', password: PASSWORD, domain: { name: DOMAIN } },
      { name: PROJECT },
    ],
    [
      'by the id of the account',
      { name: 'tester', password: PASSWORD, domain: { id: DOMAIN } },
      { id: PROJECT },
    ],
  ])('finds user and project %s', async (_how, user, project) => {
    expect((await post(bodyOf({ user, scope: { project } }))).status).toBe(201)
  })

  test('answers alike whatever is wrong', async () => {
    const wrong: readonly Stated[] = [
      { user: { id: 'tester', password: 'wrong' } },
      { user: { id: 'nobody', password: PASSWORD } },
      { user: { id: 'neighbour', password: PASSWORD } },
      { user: { name: 'tester', password: PASSWORD, domain: { name: 'nowhere' } } },
      { user: { id: 'nul\0', password: PASSWORD } },
      { scope: { project: { name: 'nothing' } } },
      { scope: { project: { id: 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee' } } },
    ]
    const told = new Set<string>()
    for (const stated of wrong) {
      const { status, text, headers, json } = await post(bodyOf(stated))
      expect([status, headers['x-subject-token']]).toEqual([401, undefined])
      expect(json).toMatchObject({ error: { code: 401, title: 'Unauthorized' } })
      told.add(text)
      clock.ahead += 100_000
    }
    expect([...told]).toHaveLength(1)
  })

  test.each<[string, unknown]>([
    ['no JSON', '{'],
    ['an array', []],
    ['nothing in it', {}],
    ['no password', bodyOf({ identity: { methods: ['password'] } })],
    ['another method', bodyOf({ identity: { methods: ['token'], token: { id: 'x' } } })],
    ['two methods', bodyOf({ identity: { methods: ['password', 'totp'] } })],
    [
      'no scope',
      {
        auth: {
          identity: { methods: ['password'], password: { user: { id: 'a', password: 'b' } } },
        },
      },
    ],
    ['the scope of an account', bodyOf({ scope: { domain: { id: DOMAIN } } })],
    ['a number for a password', bodyOf({ user: { id: 'tester', password: 1 } })],
    ['a password of a page', bodyOf({ user: { id: 'tester', password: 'x'.repeat(1025) } })],
    ['a user without a password', bodyOf({ user: { id: 'tester' } })],
    ['a name without an account', bodyOf({ user: { name: 'tester', password: PASSWORD } })],
  ])('refuses a body with %s', async (_what, body) => {
    const { status, json } = await post(body)
    expect(status).toBe(400)
    expect(json).toMatchObject({ error: { code: 400, title: 'Bad Request' } })
  })

  test('does not listen to a user for a while after failures, not even to the right password', async () => {
    for (let count = 0; count < 3; count += 1) {
      expect((await post(bodyOf({ user: { id: 'tester', password: 'wrong' } }))).status).toBe(401)
    }
    const locked = await post(bodyOf())
    expect([locked.status, locked.text]).toEqual([401, expect.stringContaining('Too many')])
    clock.ahead += 60_000
    expect((await post(bodyOf())).status).toBe(201)
  })

  test('gives none to a disabled user, nor in a disabled account or project', async () => {
    const { identities } = app.database
    const account = await identities.findAccount(DOMAIN)
    const project = await identities.findProject(PROJECT)
    const user = await identities.findUser('tester')
    if (!account || !project || !user) throw new Error('The tenant of the tests is not there.')
    const earlier = await token()
    await identities.replaceAccount({ ...account, state: 'disabled' })
    expect((await post(bodyOf())).status).toBe(401)
    expect((await listKeys({ 'x-auth-token': earlier })).status).toBe(401)
    await identities.replaceAccount({ ...account, revision: account.revision + 1 })
    await identities.replaceProject({ ...project, state: 'disabled' })
    expect((await post(bodyOf())).status).toBe(401)
    expect((await listKeys({ 'x-auth-token': earlier })).status).toBe(401)
    const { status, text } = await app.call('ListKeys', {})
    expect([status, text]).toEqual([401, expect.stringContaining('The project is disabled.')])
    await identities.replaceProject({ ...project, revision: project.revision + 1 })
    await identities.replaceUser({ ...user, state: 'disabled' })
    expect((await post(bodyOf())).status).toBe(401)
    expect((await listKeys({ 'x-auth-token': earlier })).status).toBe(401)
    await identities.replaceUser({ ...user, revision: user.revision + 1 })
    expect((await listKeys({ 'x-auth-token': earlier })).status).toBe(200)
  })
})

describe('X-Auth-Token', () => {
  test('brings its user into the project of the token, and into no other', async () => {
    const headers = { 'x-auth-token': await token() }
    expect((await listKeys(headers)).status).toBe(200)
    expect(app.audit.events.at(-1)).toMatchObject({ userId: 'tester', authentication: 'token' })
    const other = await listKeys(headers, OTHER_PROJECT)
    expect([other.status, other.json['error_code']]).toEqual([403, 'KMS.0321'])
  })

  test.each(['', 'MIIB', 'A'.repeat(43), 'A'.repeat(4000), 'a b'])(
    'that is none, such as "%.20s", is refused',
    async (text) => {
      const { status, json } = await listKeys({ 'x-auth-token': text })
      expect([status, json['error_code']]).toEqual([401, 'APIGW.0301'])
      expect(String(json['error_msg'])).toContain('decrypt token fail')
    },
  )

  test('is told when it has expired, and is not there once it is revoked', async () => {
    const { bearerTokens } = app.database
    const text = Buffer.alloc(32, 9).toString('base64url')
    const digest = tokenDigest(text)
    const common = { userId: 'tester', domainId: DOMAIN, projectId: PROJECT }
    await bearerTokens.insert({ ...common, digest, issuedAt: 0, expiresAt: Date.now() - 1 })
    const expired = await listKeys({ 'x-auth-token': text })
    expect(expired.status).toBe(401)
    expect(String(expired.json['error_msg'])).toContain('token expires')
    const live = await token()
    expect(await bearerTokens.removeOfUser('tester')).toBeGreaterThan(1)
    expect((await listKeys({ 'x-auth-token': live })).status).toBe(401)
  })

  test('counts for nothing beside a signature', async () => {
    const body = '{}'
    const path = `/v1.0/${PROJECT}/kms/list-keys`
    const headers = app.sign('POST', path, body)
    const signed = await app.send('POST', path, {
      headers: { ...headers, 'x-auth-token': 'garbage' },
      body,
    })
    expect(signed.status).toBe(200)
    const forged = { ...headers, authorization: `${headers['Authorization'] ?? ''}0` }
    const reply = await app.send('POST', path, {
      headers: {
        'x-auth-token': await token(),
        'content-type': 'application/json',
        ...{ authorization: forged.authorization },
      },
      body,
    })
    expect(reply.status).toBe(401)
  })
})

describe('GET /v3/projects', () => {
  test('names the project of the credentials, whichever they are', async () => {
    const path = `/v3/projects?name=${PROJECT}`
    const signed = await app.send('GET', path, { headers: app.sign('GET', path, '') })
    expect(signed.json).toMatchObject({ projects: [{ id: PROJECT, domain_id: DOMAIN }] })
    const bearer = await app.send('GET', '/v3/projects', {
      headers: { 'x-auth-token': await token() },
    })
    expect(bearer.json).toMatchObject({ projects: [{ id: PROJECT }] })
    expect(app.audit.events.at(-1)).toMatchObject({ operation: 'ListProjects', outcome: 'done' })
  })

  test('does not name those of others', async () => {
    const path = `/v3/projects?name=${OTHER_PROJECT}`
    const { json } = await app.send('GET', path, { headers: app.sign('GET', path, '') })
    expect(json).toMatchObject({ projects: [] })
  })

  test.each([{}, { 'x-auth-token': 'none' }])('answers nobody else, %j', async (headers) => {
    const { status, json } = await app.send('GET', '/v3/projects', { headers })
    expect(status).toBe(401)
    expect(json).toMatchObject({ error: { code: 401, title: 'Unauthorized' } })
    expect(app.audit.events.at(-1)).toMatchObject({
      operation: 'ListProjects',
      outcome: 'refused',
      code: 'APIGW.0301',
    })
  })
})
