import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Hsm } from '../../src/core/hsm.js'
import { newKeyId } from '../../src/core/ids.js'
import type { Keystore, KeystoreStore } from '../../src/core/keystore.js'
import type { ServiceKey, ServiceKeyStore } from '../../src/core/service-key.js'
import { type OpenTokens, openTokens } from '../../src/open-tokens.js'
import { createMemoryHsm } from '../support/memory-hsm.js'

const KEYSTORE: Keystore = {
  id: newKeyId(),
  domainId: 'account',
  alias: 'vault',
  type: 'DHSM',
  clusterId: 'vault',
  state: '2',
  createdAt: 0,
  revision: 1,
}

let row: Keystore | undefined
let opened: Hsm[]
let serviceKeys: ServiceKey[]
let tokens: OpenTokens

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  row = KEYSTORE
  opened = []
  serviceKeys = []
  const hsm = createMemoryHsm()
  const bindingKeys = { current: { keyId: newKeyId(), version: 1 }, find: () => undefined }
  tokens = openTokens({
    own: { hsm, bindingKeys },
    keystores: { find: () => Promise.resolve(row) } as Partial<KeystoreStore> as KeystoreStore,
    serviceKeys: inMemory(),
    clock: () => Date.now(),
    clusters: new Map([['vault', { domainId: 'account' }]]),
    openHsm() {
      const second = createMemoryHsm()
      opened.push(second)
      return Promise.resolve(second)
    },
  })
})
afterEach(async () => {
  await tokens.close()
  jest.useRealTimers()
})

function inMemory(): ServiceKeyStore {
  return {
    insert(key) {
      serviceKeys.push(key)
      return Promise.resolve(true)
    },
    list: (keystoreId) =>
      Promise.resolve(serviceKeys.filter((key) => key.keystoreId === keystoreId)),
  }
}

test('a token that serves no calls is let go of as well once its keystore is disabled elsewhere', async () => {
  await tokens.of(KEYSTORE.id)
  await jest.advanceTimersByTimeAsync(5_000)
  expect(opened[0]?.status().ready).toBe(true)
  row = { ...KEYSTORE, state: '3' }
  await jest.advanceTimersByTimeAsync(5_000)
  expect(opened[0]?.status().ready).toBe(false)
})

test('a token that does not hold the binding key of its keystore is not used', async () => {
  serviceKeys.push({
    keystoreId: KEYSTORE.id,
    purpose: 'binding',
    key: { keyId: newKeyId(), version: 1 },
    checkValue: new Uint8Array(8),
    createdAt: 0,
  })
  const failure = { failure: 'unavailable', message: expect.stringMatching(/does not hold/) }
  await expect(tokens.of(KEYSTORE.id)).rejects.toMatchObject(failure)
  expect(opened[0]?.status().ready).toBe(false)
  await expect(tokens.of(KEYSTORE.id)).rejects.toMatchObject(failure)
  expect(opened).toHaveLength(1)
  await jest.advanceTimersByTimeAsync(2_001)
  await expect(tokens.of(KEYSTORE.id)).rejects.toMatchObject(failure)
  expect(opened).toHaveLength(2)
})

test('a token that is being opened while the service stops is closed, and none is opened later', async () => {
  const opening = tokens.of(KEYSTORE.id)
  await new Promise((resolve) => setImmediate(resolve))
  await tokens.close()
  await opening
  expect(opened.map((hsm) => hsm.status().ready)).toEqual([false])
  await expect(tokens.of(KEYSTORE.id)).rejects.toMatchObject({ failure: 'unavailable' })
  expect(opened).toHaveLength(1)
})

test('the token of the default keystore needs no row, and an unknown keystore has none', async () => {
  row = undefined
  await expect(tokens.of('0')).resolves.toMatchObject({ hsm: expect.anything() })
  await expect(tokens.of(KEYSTORE.id)).rejects.toMatchObject({ code: 'KMS.0340' })
  expect(opened).toHaveLength(0)
})

test('a cluster is for the account that the operator named', async () => {
  expect(tokens.clusters.has('vault', 'account')).toBe(true)
  expect(tokens.clusters.has('vault', 'another')).toBe(false)
  expect(tokens.clusters.has('toString', 'account')).toBe(false)
  row = { ...KEYSTORE, domainId: 'another' }
  await expect(tokens.of(KEYSTORE.id)).rejects.toMatchObject({ code: 'KMS.0340' })
})
