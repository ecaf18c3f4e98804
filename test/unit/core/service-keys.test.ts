import { describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../../src/core/hsm.js'
import { sha256 } from '../../../src/core/datakey.js'
import { WrongToken } from '../../../src/core/home-proof.js'
import { type KeyRef, newKeyId } from '../../../src/core/ids.js'
import { DEFAULT_KEYSTORE } from '../../../src/core/keystore.js'
import {
  SERVICE_KEY_MATERIAL,
  type ServiceKey,
  type ServiceKeyPurpose,
  type ServiceKeyStore,
} from '../../../src/core/service-key.js'
import { findServiceKeys, loadServiceKeys } from '../../../src/core/service-keys.js'
import { createMemoryHsm } from '../../support/memory-hsm.js'

const NOW = 1_700_000_000_000

type Rows = Pick<ServiceKeyStore, 'insert' | 'list'>

class MemoryServiceKeys implements Rows {
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

function load(hsm: Hsm, store: Rows) {
  return loadServiceKeys({ hsm, store, clock: () => NOW })
}

async function generate(hsm: Hsm, purpose: ServiceKeyPurpose, key: KeyRef): Promise<Uint8Array> {
  const material = SERVICE_KEY_MATERIAL[purpose]
  if (material.form === 'secret') {
    return hsm.generateKey({ key, kind: material.kind, label: 'test' })
  }
  return sha256(await hsm.generatePair({ key, ...material, label: 'test' }))
}

async function addGeneration(
  parts: { readonly hsm: Hsm; readonly store: MemoryServiceKeys },
  purpose: ServiceKeyPurpose,
  generation: number,
): Promise<ServiceKey> {
  const key = { keyId: newKeyId(), version: generation }
  const checkValue = await generate(parts.hsm, purpose, key)
  const row = {
    keystoreId: DEFAULT_KEYSTORE,
    purpose,
    key,
    home: 1,
    checkValue,
    createdAt: NOW,
    retiredAt: undefined,
  }
  parts.store.rows.push(row)
  return row
}

describe('the first start', () => {
  test('makes a binding key, a credential key and an audit key, and stores them', async () => {
    const hsm = createMemoryHsm()
    const store = new MemoryServiceKeys()
    const { bindingKeys, credentialKey, auditKey } = await load(hsm, store)
    expect(store.rows).toMatchObject([
      { purpose: 'binding', key: bindingKeys.current, createdAt: NOW },
      { purpose: 'credential', key: credentialKey, createdAt: NOW },
      { purpose: 'audit', key: auditKey.key, createdAt: NOW },
    ])
    expect(auditKey.publicKey).toEqual(await hsm.publicKey(auditKey.key))
    const seen = await hsm.inspectKeys()
    expect(seen.map(({ label }) => label)).toEqual([
      'kms/binding/1',
      'kms/credential',
      // Both halves of the pair.
      'kms/audit',
      'kms/audit',
    ])
    expect(seen.map(({ flags }) => [flags.sign, flags.wrap])).toEqual([
      [true, false],
      [false, true],
      [true, undefined],
      [undefined, false],
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
    expect(new Set(loaded.map((keys) => keys.auditKey.key.keyId)).size).toBe(1)
    expect(await hsm.inspectKeys()).toHaveLength(4)
  })

  test('keeps the key on the token when the store fails, since the row may be there', async () => {
    const hsm = createMemoryHsm()
    const failure = new Error('The store is away.')
    const store: Rows = {
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
    expect(again.auditKey).toEqual(first.auditKey)
    expect(store.rows).toHaveLength(3)
    expect(await hsm.inspectKeys()).toHaveLength(4)
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
  test.each(['binding', 'credential', 'audit'] as const)('lacks a %s key', async (purpose) => {
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

  test('holds another pair under the name of the audit key', async () => {
    const parts = { hsm: createMemoryHsm(), store: new MemoryServiceKeys() }
    const { key } = (await load(parts.hsm, parts.store)).auditKey
    await parts.hsm.destroyKey(key)
    await parts.hsm.generatePair({ key, ...SERVICE_KEY_MATERIAL.audit, label: 'kms/audit' })
    await expect(load(parts.hsm, parts.store)).rejects.toThrow('audit key')
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

describe('another token', () => {
  async function moved() {
    const [old, young] = [createMemoryHsm(), createMemoryHsm()]
    const store = new MemoryServiceKeys()
    const before = await load(old, store)
    return { old, young, store, before }
  }

  function next(hsm: Hsm, store: Rows, previous: Hsm) {
    const given = { previous: () => Promise.resolve(previous) }
    return loadServiceKeys({ hsm, store, clock: () => NOW, ...given })
  }

  test('is refused, unless the one before proves to be the newest', async () => {
    const { old, young, store } = await moved()
    await expect(load(young, store)).rejects.toThrow('KMS_HSM_PREVIOUS')
    await expect(next(young, store, createMemoryHsm())).rejects.toThrow(WrongToken)
    await expect(next(young, store, young)).rejects.toThrow(WrongToken)
    expect(await young.inspectKeys()).toHaveLength(0)
    const { home } = await next(young, store, old)
    expect(home).toBe(2)
    const third = createMemoryHsm()
    await expect(next(third, store, old)).rejects.toThrow('not the newest')
    expect((await next(third, store, young)).home).toBe(3)
  })

  test('gets keys of its own, whose generations go on, and is found again without the one before', async () => {
    const { old, young, store, before } = await moved()
    const after = await next(young, store, old)
    expect(after.bindingKeys.current.version).toBe(2)
    expect(after.credentialKey.version).toBe(2)
    expect(after.auditKey.key.version).toBe(2)
    // A tag of the other token is checked on that token alone.
    expect(after.bindingKeys.find(1)).toBeUndefined()
    expect(await load(young, store)).toMatchObject({ home: 2, credentialKey: after.credentialKey })
    expect(await load(old, store)).toMatchObject({ home: 1, credentialKey: before.credentialKey })
    const found = await findServiceKeys({ hsm: old, store })
    expect([found.home, found.auditKey]).toEqual([1, before.auditKey])
  })

  test('gets the same keys from several replicas at once', async () => {
    const { old, young, store } = await moved()
    const loaded = await Promise.all(Array.from({ length: 5 }, () => next(young, store, old)))
    expect(new Set(loaded.map(({ credentialKey }) => credentialKey.keyId)).size).toBe(1)
    expect(store.rows).toHaveLength(6)
    expect(await young.inspectKeys()).toHaveLength(4)
  })

  test('is not mixed with a third that is new as well', async () => {
    const { old, young, store } = await moved()
    const third = createMemoryHsm()
    const outcomes = await Promise.allSettled([next(young, store, old), next(third, store, old)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const purposes = store.rows.filter(({ home }) => home === 2).map(({ purpose }) => purpose)
    expect(purposes.sort()).toEqual(['audit', 'binding', 'credential'])
  })

  test('that was retired is not used again, by whichever name', async () => {
    const { old, young, store } = await moved()
    await next(young, store, old)
    for (const [index, row] of store.rows.entries()) {
      if (row.home === 1) store.rows[index] = { ...row, retiredAt: NOW }
    }
    await expect(load(old, store)).rejects.toThrow('was retired on 2023-11-14')
    await expect(next(old, store, young)).rejects.toThrow('was retired on 2023-11-14')
    await expect(findServiceKeys({ hsm: old, store })).rejects.toThrow('was retired')
    await expect(findServiceKeys({ hsm: createMemoryHsm(), store })).rejects.toThrow(
      'does not hold',
    )
    expect((await load(young, store)).home).toBe(2)
  })

  test('that lacks some keys of its home is the wrong one', async () => {
    const { old, young, store } = await moved()
    const { credentialKey } = await next(young, store, old)
    await young.destroyKey(credentialKey)
    await expect(next(young, store, old)).rejects.toThrow('credential key')
  })
})
