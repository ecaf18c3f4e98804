import { describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../../src/core/hsm.js'
import { newKeyId } from '../../../src/core/ids.js'
import { DEFAULT_KEYSTORE } from '../../../src/core/keystore.js'
import type {
  ServiceKey,
  ServiceKeyPurpose,
  ServiceKeyStore,
} from '../../../src/core/service-key.js'
import { WrongToken, loadServiceKeys } from '../../../src/core/service-keys.js'
import { createMemoryHsm } from '../../support/memory-hsm.js'

const NOW = 1_700_000_000_000

class MemoryServiceKeys implements ServiceKeyStore {
  readonly rows: ServiceKey[] = []

  insert(serviceKey: ServiceKey): Promise<boolean> {
    const taken = this.rows.some(
      ({ keystoreId, purpose, key }) =>
        keystoreId === serviceKey.keystoreId &&
        purpose === serviceKey.purpose &&
        key.version === serviceKey.key.version,
    )
    if (!taken) this.rows.push(serviceKey)
    return Promise.resolve(!taken)
  }

  list(keystoreId: string): Promise<readonly ServiceKey[]> {
    return Promise.resolve(this.rows.filter((row) => row.keystoreId === keystoreId))
  }
}

function load(hsm: Hsm, store: ServiceKeyStore) {
  return loadServiceKeys({ hsm, store, clock: () => NOW })
}

async function addGeneration(
  parts: { readonly hsm: Hsm; readonly store: MemoryServiceKeys },
  purpose: ServiceKeyPurpose,
  generation: number,
): Promise<ServiceKey> {
  const key = { keyId: newKeyId(), version: generation }
  const kind = purpose === 'binding' ? 'binding' : 'wrapping'
  const checkValue = await parts.hsm.generateKey({ key, kind, label: 'test' })
  const row = { keystoreId: DEFAULT_KEYSTORE, purpose, key, checkValue, createdAt: NOW }
  parts.store.rows.push(row)
  return row
}

describe('the first start', () => {
  test('makes a binding key and a credential key, and stores them', async () => {
    const hsm = createMemoryHsm()
    const store = new MemoryServiceKeys()
    const { bindingKeys, credentialKey } = await load(hsm, store)
    expect(store.rows).toMatchObject([
      { purpose: 'binding', key: bindingKeys.current, createdAt: NOW },
      { purpose: 'credential', key: credentialKey, createdAt: NOW },
    ])
    const seen = await hsm.inspectKeys()
    expect(seen.map(({ label }) => label)).toEqual(['kms/binding/1', 'kms/credential'])
    expect(seen.map(({ flags }) => [flags.sign, flags.wrap])).toEqual([
      [true, false],
      [false, true],
    ])
    expect(bindingKeys.find(1)).toEqual(bindingKeys.current)
    expect(bindingKeys.find(2)).toBeUndefined()
    expect(bindingKeys.find(0)).toBeUndefined()
  })

  test('of several replicas at once makes one of each, and leaves no other on the token', async () => {
    const hsm = createMemoryHsm()
    const store = new MemoryServiceKeys()
    const loaded = await Promise.all(Array.from({ length: 5 }, () => load(hsm, store)))
    expect(new Set(loaded.map((keys) => keys.bindingKeys.current.keyId)).size).toBe(1)
    expect(new Set(loaded.map((keys) => keys.credentialKey.keyId)).size).toBe(1)
    expect(await hsm.inspectKeys()).toHaveLength(2)
  })

  test('keeps the key on the token when the store fails, since the row may be there', async () => {
    const hsm = createMemoryHsm()
    const failure = new Error('The store is away.')
    const store: ServiceKeyStore = {
      insert: () => Promise.reject(failure),
      list: () => Promise.resolve([]),
    }
    await expect(load(hsm, store)).rejects.toBe(failure)
    expect(await hsm.inspectKeys()).toHaveLength(1)
  })
})

describe('a later start', () => {
  test('finds the keys again and makes none', async () => {
    const hsm = createMemoryHsm()
    const store = new MemoryServiceKeys()
    const first = await load(hsm, store)
    const again = await load(hsm, store)
    expect(again.bindingKeys.current).toEqual(first.bindingKeys.current)
    expect(again.credentialKey).toEqual(first.credentialKey)
    expect(store.rows).toHaveLength(2)
    expect(await hsm.inspectKeys()).toHaveLength(2)
  })

  test('takes the youngest of each purpose, and finds the older binding keys', async () => {
    const parts = { hsm: createMemoryHsm(), store: new MemoryServiceKeys() }
    const second = await addGeneration(parts, 'binding', 2)
    const tenth = await addGeneration(parts, 'binding', 10)
    await addGeneration(parts, 'binding', 9)
    const credential = await addGeneration(parts, 'credential', 3)
    await addGeneration(parts, 'credential', 1)
    const { bindingKeys, credentialKey } = await load(parts.hsm, parts.store)
    expect(bindingKeys.current).toEqual(tenth.key)
    expect(bindingKeys.find(2)).toEqual(second.key)
    expect(bindingKeys.find(3)).toBeUndefined()
    expect(credentialKey).toEqual(credential.key)
  })
})

describe('the wrong token', () => {
  test.each(['binding', 'credential'] as const)('lacks a %s key', async (purpose) => {
    const parts = { hsm: createMemoryHsm(), store: new MemoryServiceKeys() }
    await load(parts.hsm, parts.store)
    // An old generation that is gone counts as well: what it sealed could not be opened.
    const old = await addGeneration(parts, purpose, 9)
    await addGeneration(parts, purpose, 10)
    await parts.hsm.destroyKey(old.key)
    await expect(load(parts.hsm, parts.store)).rejects.toThrow(WrongToken)
    await expect(load(parts.hsm, parts.store)).rejects.toThrow(`${purpose} key`)
  })

  test('holds other material under the same name', async () => {
    const parts = { hsm: createMemoryHsm(), store: new MemoryServiceKeys() }
    const { bindingKeys } = await load(parts.hsm, parts.store)
    const { current: key } = bindingKeys
    await parts.hsm.destroyKey(key)
    await parts.hsm.generateKey({ key, kind: 'binding', label: 'kms/binding/1' })
    await expect(load(parts.hsm, parts.store)).rejects.toThrow(WrongToken)
  })

  test('is not suspected while the token is away', async () => {
    const away = new HsmError('unavailable', 'The token is away.')
    let gone = false
    const hsm = createMemoryHsm({ beforeCall: () => (gone ? away : undefined) })
    const store = new MemoryServiceKeys()
    await load(hsm, store)
    gone = true
    await expect(load(hsm, store)).rejects.toBe(away)
  })
})
