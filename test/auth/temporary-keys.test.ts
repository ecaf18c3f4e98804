import { beforeEach, expect, test } from '@jest/globals'
import { tokenDigest } from '../../src/auth/bearer.js'
import { type Bench, VECTOR, createBench, referenceSign, storedAccessKey } from '../support/sign.js'

const TOKEN = 'T'.repeat(43)
const END = VECTOR.now + 60_000

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
  const temporary = { expiresAt: END, tokenDigest: tokenDigest(TOKEN) }
  const key = { id: VECTOR.accessKeyId, secret: VECTOR.secretAccessKey, temporary }
  bench.accessKeys.set(VECTOR.accessKeyId, await storedAccessKey(bench.sealing, key))
})

function authenticate(
  token?: string,
  changed: { secretAccessKey?: string; unsigned?: string[] } = {},
) {
  const headers = { host: VECTOR.host, 'x-sdk-date': VECTOR.date }
  return bench.authenticator.authenticate(
    referenceSign({
      method: 'POST',
      url: `/v1.0/${VECTOR.projectId}/kms/list-keys`,
      headers: token === undefined ? headers : { ...headers, 'x-security-token': token },
      body: '{}',
      ...changed,
    }),
  )
}

test('is let in with its security token, until it ends', async () => {
  await expect(authenticate(TOKEN)).resolves.toMatchObject({ accessKeyId: VECTOR.accessKeyId })
  bench.now = END - 1
  await expect(authenticate(TOKEN)).resolves.toBeDefined()
  bench.now = END
  await expect(authenticate(TOKEN)).rejects.toThrow('signature expired. The temporary access key')
})

test.each([
  ['no', undefined],
  ['another', 'U'.repeat(43)],
  ['an empty', ''],
  ['a longer', `${TOKEN}T`],
])('is refused with %s security token', async (_which, token) => {
  await expect(authenticate(token)).rejects.toMatchObject({
    code: 'APIGW.0301',
    message: expect.stringContaining('decrypt token fail') as unknown,
  })
})

test('is refused when its security token is not signed, or nothing is signed right', async () => {
  await expect(authenticate(TOKEN, { unsigned: ['x-security-token'] })).rejects.toThrow(
    'must be among SignedHeaders',
  )
  // Whoever lacks the secret does not learn that the key is temporary, or has expired.
  bench.now = END
  await expect(authenticate(undefined, { secretAccessKey: 'wrong' })).rejects.toThrow(
    'verify aksk signature fail.',
  )
})

test('is refused along with its user and its account', async () => {
  const user = await bench.identities.findUser('tester')
  if (!user) throw new Error('The user is not there.')
  bench.identities.users.set('tester', { ...user, state: 'disabled' })
  await expect(authenticate(TOKEN)).rejects.toThrow('The user is disabled.')
  bench.identities.users.set('tester', { ...user, domainId: 'another account' })
  await expect(authenticate(TOKEN)).rejects.toThrow('does not exist any more')
  bench.identities.users.set('tester', undefined)
  await expect(authenticate(TOKEN)).rejects.toThrow('does not exist any more')
  bench.identities.users.delete('tester')
  const account = await bench.identities.findAccount('domain-1')
  if (!account) throw new Error('The account is not there.')
  bench.identities.accounts.set('domain-1', { ...account, state: 'disabled' })
  await expect(authenticate(TOKEN)).rejects.toThrow('The account is disabled.')
})
