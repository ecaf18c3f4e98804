import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPasswords } from '../../src/auth/passwords.js'
import { createCallLimits } from '../../src/limits/call-rates.js'
import { createLockOut } from '../../src/limits/lock-out.js'
import { noLimits } from '../support/open-doors.js'
import type { Reply } from './client.js'
import { DOMAIN, PROJECT, type TestApp, startApp } from './start-app.js'

const PASSWORD = 'correct horse battery staple'
const RULE = { failures: 3, ms: 60_000, scope: 'address' } as const
const LOCKED = 'Too many attempts'

let app: TestApp
let limits = noLimits
const clock = { ahead: 0 }
beforeAll(async () => {
  app = await startApp({
    app: {
      lockOut: createLockOut(RULE, () => Date.now() + clock.ahead),
      limits: {
        admitAddress: (address) => limits.admitAddress(address),
        admitPassword: (address) => limits.admitPassword(address),
        admitCaller: (principal) => limits.admitCaller(principal),
      },
    },
  })
  const { identities } = app.database
  const user = await identities.findUser('tester')
  if (!user) throw new Error('The user of the tests is not there.')
  const passwordHash = await createPasswords().hash(PASSWORD)
  await identities.replaceUser({ ...user, passwordHash })
})
afterAll(() => app.close())
beforeEach(() => {
  clock.ahead += 100_000
  limits = noLimits
})

function ask(password: string, user: object = { id: 'tester' }): Promise<Reply> {
  const identity = { methods: ['password'], password: { user: { ...user, password } } }
  return app.send('POST', '/v3/auth/tokens', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project: { id: PROJECT } } } }),
  })
}

describe('a guesser is locked out', () => {
  test.each<[string, (count: number) => object]>([
    ['an id', (count) => ({ id: 'tester', name: `n${count}`, domain: { id: `d${count}` } })],
    ['a name', (count) => ({ name: 'tester', domain: { id: DOMAIN, name: `n${count}` } })],
    [
      'a name of his account',
      (count) => ({ name: 'tester', domain: { name: DOMAIN, more: count } }),
    ],
    ['the members of a prototype', (count) => ({ id: 'tester', ['__proto__']: { a: count } })],
  ])('who names the user by %s, whatever else he says besides', async (_how, userOf) => {
    for (let count = 0; count < 3; count += 1) {
      const { status, text } = await ask('wrong', userOf(count))
      expect([status, text]).toEqual([401, expect.not.stringContaining(LOCKED)])
    }
    expect((await ask(PASSWORD, userOf(3))).text).toContain(LOCKED)
  })

  function ways(user: string): readonly object[] {
    return [
      { id: user },
      { name: user, domain: { id: DOMAIN } },
      { name: user, domain: { name: DOMAIN } },
    ]
  }

  test('who names the user in one way after the other, and is not told', async () => {
    const [byId, byAccountId, byAccountName] = ways('tester')
    for (const way of [byId, byAccountId, byId]) await ask('wrong', way)
    // Three guesses in all; no name has failed so often.
    for (const way of [byAccountName, byAccountId, byId]) {
      const { status, text } = await ask(PASSWORD, way)
      expect(status).toBe(401)
      expect(text).not.toContain(LOCKED)
    }
    clock.ahead += 60_000
    expect((await ask(PASSWORD, byAccountName)).status).toBe(201)
    // What failed before is forgotten with that, under this name and of this user.
    for (const way of [byAccountName, byAccountName]) await ask('wrong', way)
    expect((await ask(PASSWORD, byAccountId)).status).toBe(201)
  })

  test('and hears the same of a user who does not exist', async () => {
    async function heard(user: string): Promise<readonly unknown[]> {
      const answers: unknown[] = []
      for (const round of [0, 1, 2, 3]) {
        for (const way of ways(user)) {
          const { status, json, headers } = await ask(`wrong ${round}`, way)
          answers.push([status, json, headers['retry-after']])
        }
      }
      return answers
    }
    expect(await heard('tester')).toEqual(await heard('nobody'))
  })

  test('who sends all guesses at once, though the last of them is right', async () => {
    const guesses = Array.from({ length: 12 }, () => ask('wrong'))
    const right = ask(PASSWORD)
    const replies = await Promise.all([...guesses, right])
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 401))
    const judged = replies.filter(({ text }) => !text.includes(LOCKED))
    expect(judged).toHaveLength(3)
    clock.ahead += 60_000
    expect((await ask(PASSWORD)).status).toBe(201)
  })
})

test('an address has so many passwords checked in a second, and no others wait behind it', async () => {
  limits = createCallLimits({ perAddress: 1000, perCaller: 0 })
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_none, count) => ask('wrong', { id: `somebody${count}` })),
  )
  const refused = replies.filter(({ status }) => status === 429)
  expect(refused).toHaveLength(15)
  expect(refused[0]?.json).toMatchObject({ error: { code: 429, title: 'Too Many Requests' } })
  expect(refused[0]?.headers['retry-after']).toBe('1')
  expect(app.audit.events.at(-1)).toMatchObject({ operation: 'CreateToken', outcome: 'refused' })
})

test('too many calls are refused in the envelope that clients of the token service read', async () => {
  limits = createCallLimits({ perAddress: 1, perCaller: 1 })
  for (const [method, path] of [
    ['GET', '/v3/projects'],
    ['POST', '/v3/auth/tokens'],
  ] as const) {
    limits = createCallLimits({ perAddress: 1, perCaller: 1 })
    await app.send(method, path)
    const { status, json, headers } = await app.send(method, path)
    expect([status, headers['retry-after']]).toEqual([429, '1'])
    expect(json).toMatchObject({ error: { code: 429 } })
  }
  const path = '/v3/projects'
  limits = createCallLimits({ perAddress: 100, perCaller: 1 })
  const statuses: number[] = []
  for (let count = 0; count < 3; count += 1) {
    statuses.push((await app.send('GET', path, { headers: app.sign('GET', path, '') })).status)
  }
  expect(statuses).toEqual([200, 429, 429])
})
