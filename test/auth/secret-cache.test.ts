import { createAuthenticator } from '../../src/auth/authenticator.js'
import { createSecretCache } from '../../src/auth/secret-cache.js'
import { HsmError } from '../../src/core/hsm.js'
import {
  VECTOR,
  createSealing,
  activeIdentities,
  mapStore,
  referenceSign,
  storedAccessKey,
} from '../support/sign.js'

/** Sealing keys on an HSM that counts its unwraps, and fails them while `failure` is set. */
async function countingSealing() {
  const calls: { unwraps: number; failure: HsmError | undefined } = {
    unwraps: 0,
    failure: undefined,
  }
  const sealing = await createSealing({
    beforeCall(call) {
      if (call !== 'unwrap') return undefined
      calls.unwraps++
      return calls.failure
    },
  })
  return { calls, sealing }
}

test('many first uses at once ask the HSM once', async () => {
  const { calls, sealing } = await countingSealing()
  const accessKey = await storedAccessKey(sealing, { id: 'A', secret: 'secret' })
  const secretOf = createSecretCache(sealing, 10)
  const secrets = await Promise.all(Array.from({ length: 50 }, () => secretOf(accessKey)))
  await secretOf(accessKey)
  expect(calls.unwraps).toBe(1)
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]?.export().toString()).toBe('secret')
})

test('a new revision is opened anew, and takes the place of the old one', async () => {
  const { calls, sealing } = await countingSealing()
  const first = await storedAccessKey(sealing, { id: 'A', secret: 'first' })
  const second = await storedAccessKey(sealing, { id: 'A', secret: 'second', revision: 2 })
  const other = await storedAccessKey(sealing, { id: 'B', secret: 'other' })
  const secretOf = createSecretCache(sealing, 2)
  await secretOf(other)
  await secretOf(first)
  expect((await secretOf(second)).export().toString()).toBe('second')
  await secretOf(other)
  expect(calls.unwraps).toBe(3)
})

test('the secret used longest ago makes room', async () => {
  const { calls, sealing } = await countingSealing()
  const keys = await Promise.all(
    ['A', 'B', 'C'].map((id) => storedAccessKey(sealing, { id, secret: id })),
  )
  const [a, b, c] = keys
  if (!a || !b || !c) throw new Error('There are three keys.')
  const secretOf = createSecretCache(sealing, 2)
  for (const key of [a, b, a, c, a]) await secretOf(key)
  expect(calls.unwraps).toBe(3)
  await secretOf(b)
  expect(calls.unwraps).toBe(4)
})

test('a failure of the HSM passes through and is not kept', async () => {
  const { calls, sealing } = await countingSealing()
  const accessKey = await storedAccessKey(sealing, {
    id: VECTOR.accessKeyId,
    secret: VECTOR.secretAccessKey,
  })
  const authenticator = createAuthenticator({
    accessKeys: mapStore(new Map([[accessKey.id, accessKey]])),
    identities: activeIdentities('domain-1'),
    bearerTokens: { find: () => Promise.resolve(undefined) },
    secrets: sealing,
    clock: () => VECTOR.now,
  })
  const request = referenceSign({
    method: 'GET',
    url: '/v1.0/p/kms/aliases',
    headers: { 'x-sdk-date': VECTOR.date },
  })
  calls.failure = new HsmError('unavailable', 'No token can be reached.')
  await expect(authenticator.authenticate(request)).rejects.toBe(calls.failure)
  await expect(authenticator.authenticate(request)).rejects.toBe(calls.failure)
  calls.failure = undefined
  await expect(authenticator.authenticate(request)).resolves.toMatchObject({ userId: 'tester' })
  await authenticator.authenticate(request)
  expect(calls.unwraps).toBe(3)
})

test('the HSM is not asked for unknown or disabled keys', async () => {
  const { calls, sealing } = await countingSealing()
  const disabled = await storedAccessKey(sealing, {
    id: VECTOR.accessKeyId,
    secret: VECTOR.secretAccessKey,
    state: 'disabled',
  })
  const authenticator = createAuthenticator({
    accessKeys: mapStore(new Map([[disabled.id, disabled]])),
    identities: activeIdentities('domain-1'),
    bearerTokens: { find: () => Promise.resolve(undefined) },
    secrets: sealing,
    clock: () => VECTOR.now,
  })
  for (const accessKeyId of [VECTOR.accessKeyId, 'AKUNKNOWN00000000001']) {
    const request = referenceSign({
      method: 'GET',
      url: '/v1.0/p/kms/aliases',
      headers: { 'x-sdk-date': VECTOR.date },
      accessKeyId,
    })
    await expect(authenticator.authenticate(request)).rejects.toMatchObject({ code: 'APIGW.0301' })
  }
  expect(calls.unwraps).toBe(0)
})
