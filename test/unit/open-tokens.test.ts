import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Hsm } from '../../src/core/hsm.js'
import { RetiredToken } from '../../src/core/home.js'
import { newKeyId } from '../../src/core/ids.js'
import { HsmStartError } from '../../src/hsm/start-error.js'
import type { Keystore, KeystoreStore } from '../../src/core/keystore.js'
import type { ServiceKey, ServiceKeyStore } from '../../src/core/service-key.js'
import { type OpenTokens, openTokens } from '../../src/open-tokens.js'
import { type PreviousToken, previousToken } from '../../src/previous-token.js'
import { findServiceKeys, loadServiceKeys } from '../../src/core/service-keys.js'
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
let previous: PreviousToken | undefined

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  row = KEYSTORE
  opened = []
  serviceKeys = []
  previous = undefined
  start(1)
})

/** Opens the tokens of a service whose own one is that of a home. */
function start(home: number): void {
  const hsm = createMemoryHsm()
  const bindingKeys = { current: { keyId: newKeyId(), version: 1 }, find: () => undefined }
  tokens = openTokens({
    own: { home, hsm, bindingKeys },
    previous,
    keystores: { find: () => Promise.resolve(row) } as Partial<KeystoreStore> as KeystoreStore,
    serviceKeys: inMemory(),
    clock: () => Date.now(),
    monotonic: () => performance.now(),
    clusters: new Map([['vault', { domainId: 'account' }]]),
    openHsm() {
      const second = createMemoryHsm()
      opened.push(second)
      return Promise.resolve(second)
    },
  })
}
afterEach(async () => {
  await tokens.close()
  jest.useRealTimers()
})

function inMemory(): Pick<ServiceKeyStore, 'insert' | 'list'> {
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
    home: 1,
    checkValue: new Uint8Array(8),
    createdAt: 0,
    retiredAt: undefined,
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

describe('the token before', () => {
  let away: boolean
  let old: Hsm
  let opened: number

  beforeEach(async () => {
    away = false
    opened = 0
    old = createMemoryHsm()
    const keys = await loadServiceKeys({ hsm: old, store: inMemory(), clock: () => 0 })
    serviceKeys.push(
      ...serviceKeys.map((key) => ({
        ...key,
        home: 2,
        key: { keyId: newKeyId(), version: keys.credentialKey.version + 1 },
      })),
    )
    previous = previousToken({
      serviceKeys: inMemory(),
      monotonic: () => performance.now(),
      open() {
        opened += 1
        if (away) return Promise.reject(new HsmStartError('token', 'There is no token.'))
        return Promise.resolve(old)
      },
    })
    await tokens.close()
    start(2)
  })
  afterEach(() => previous?.close())

  function retire(): void {
    serviceKeys = serviceKeys.map((key) => (key.home === 1 ? { ...key, retiredAt: 1 } : key))
  }

  test('holds the versions of its home, and is opened once', async () => {
    expect(tokens.homes()).toEqual([2])
    const [one, other] = await Promise.all([tokens.at('0', 1), tokens.at('0', 1)])
    expect([one.hsm, one.home, other.hsm]).toEqual([old, 1, old])
    expect((await tokens.at('0', 2)).hsm).toBe((await tokens.of('0')).hsm)
    expect(tokens.homes()).toEqual([2, 1])
    expect(opened).toBe(1)
  })

  test('is an outage of its versions alone while it is away, and is left alone for a while', async () => {
    away = true
    const failure = { failure: 'unavailable', message: expect.stringMatching(/KMS_HSM_PREVIOUS/) }
    expect(await previous?.begin()).toBe('away')
    await expect(tokens.at('0', 1)).rejects.toMatchObject(failure)
    expect(opened).toBe(1)
    await expect(tokens.at('0', 2)).resolves.toMatchObject({ home: 2 })
    away = false
    await jest.advanceTimersByTimeAsync(2_001)
    await expect(tokens.at('0', 1)).resolves.toMatchObject({ home: 1 })
  })

  test('that is the wrong one keeps the service from starting, and is closed', async () => {
    old = createMemoryHsm()
    await expect(previous?.begin()).rejects.toThrow(/KMS_HSM_PREVIOUS: .*does not hold/)
    expect(old.status().ready).toBe(false)
  })

  test('that was retired is closed, and its versions are lost', async () => {
    retire()
    expect(await previous?.begin()).toBe('retired')
    expect(old.status().ready).toBe(false)
    await expect(tokens.at('0', 1)).rejects.toThrow(RetiredToken)
    expect(tokens.homes()).toEqual([2])
  })

  test('that the settings do not name is asked for, a newer one awaited', async () => {
    previous = undefined
    await tokens.close()
    start(2)
    await expect(tokens.at('0', 1)).rejects.toMatchObject({
      code: 'KMS.0340',
      message: expect.stringMatching(/KMS_HSM_PREVIOUS/) as unknown,
    })
    await expect(tokens.at('0', 3)).rejects.toMatchObject({ failure: 'unavailable' })
    retire()
    await expect(tokens.at('0', 1)).rejects.toThrow(RetiredToken)
  })

  test('may be the newer one for a replica that has not changed its own yet', async () => {
    await expect(findServiceKeys({ hsm: old, store: inMemory() })).resolves.toMatchObject({
      home: 1,
    })
    await tokens.close()
    start(3)
    await expect(tokens.at('0', 1)).resolves.toMatchObject({ home: 1 })
  })
})
