import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { StaleRevision, StoreUnavailable } from '../../src/core/key-store.js'
import { disable } from '../../src/core/life-cycle.js'
import type { Stores } from '../../src/core/service.js'
import { cachedAccessKeys } from '../../src/store/cached-access-keys.js'
import { cachedKeys } from '../../src/store/cached-keys.js'
import { cachedStores } from '../../src/store/cached-stores.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import {
  insertCmk,
  newProject,
  insertAccessKey,
  sampleAccessKey,
  sampleAlias,
  sampleCmk,
  sampleKeystore,
} from '../contract/store-samples.js'
import { inNewFolder } from '../support/folder.js'

/** Opens a database, and both caches on it under a clock that the test turns. */
async function withCaches(
  use: (parts: {
    database: Database
    clock: { now: number }
    keys: ReturnType<typeof cachedKeys>
    accessKeys: ReturnType<typeof cachedAccessKeys>
    stores: Stores
  }) => Promise<void>,
): Promise<void> {
  await inNewFolder(async (folder) => {
    const database = await openDatabase(`sqlite:${join(folder, 'kms.sqlite')}`)
    const clock = { now: 0 }
    const keys = cachedKeys(database.keys, () => clock.now)
    const accessKeys = cachedAccessKeys(database.accessKeys, () => clock.now)
    try {
      const stores = cachedStores(database, () => clock.now)
      await use({ database, clock, keys, accessKeys, stores })
    } finally {
      await database.close()
    }
  })
}

test('a CMK is found without its database, and only under its own project', async () => {
  await withCaches(async ({ database, keys }) => {
    const cmk = sampleCmk()
    await insertCmk(keys, cmk)
    expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
    expect(await keys.find(newProject(), cmk.id)).toBeUndefined()
    await database.close()
    expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
  })
})

test('a CMK that was looked for in vain is found as soon as it is there', async () => {
  await withCaches(async ({ database, keys }) => {
    const cmk = sampleCmk()
    expect(await keys.find(cmk.projectId, cmk.id)).toBeUndefined()
    await insertCmk(database.keys, cmk)
    expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
  })
})

test('a CMK replaced through the cache is seen at once, by another replica in half a second', async () => {
  await withCaches(async ({ database, clock, keys }) => {
    const cmk = sampleCmk()
    await insertCmk(keys, cmk)
    await keys.find(cmk.projectId, cmk.id)
    await keys.replace(disable(cmk))
    const disabled = { ...disable(cmk), revision: 2 }
    expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(disabled)

    await database.keys.replace({ ...disabled, description: 'by another replica' })
    expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(disabled)
    await expect(keys.replace(disabled)).rejects.toBeInstanceOf(StaleRevision)
    // Who is told that his row is stale reads the fresh one when he tries again.
    expect(await keys.find(cmk.projectId, cmk.id)).toMatchObject({ revision: 3 })

    await database.keys.replace({ ...disabled, revision: 3, description: 'again' })
    clock.now += 500
    expect(await keys.find(cmk.projectId, cmk.id)).toMatchObject({ description: 'again' })
  })
})

test('everything but find goes straight to the store', async () => {
  await withCaches(async ({ database, keys, accessKeys }) => {
    const cmk = sampleCmk()
    const accessKey = sampleAccessKey()
    await insertCmk(keys, cmk)
    await insertAccessKey({ ...database, accessKeys }, accessKey)
    const list = { projectId: cmk.projectId, filter: {}, page: { offset: 0, limit: 10 } }
    for (const description of ['first', 'second']) {
      const stored = await database.keys.find(cmk.projectId, cmk.id)
      await database.keys.replace({ ...cmk, ...stored, description })
      expect(await keys.findByAlias(cmk.projectId, cmk.alias)).toMatchObject({ description })
      expect((await keys.list(list)).cmks).toMatchObject([{ description }])
    }
    expect(await keys.countByProject(cmk.projectId)).toBe(1)
    expect((await keys.allVersions()).map(({ key }) => key.keyId)).toStrictEqual([cmk.id])
    expect(await accessKeys.list()).toStrictEqual([accessKey])
  })
})

test('an access key disabled through the cache is refused at once', async () => {
  await withCaches(async ({ database, clock, accessKeys }) => {
    const accessKey = sampleAccessKey()
    expect(await accessKeys.find(accessKey.id)).toBeUndefined()
    await insertAccessKey({ ...database, accessKeys }, accessKey)
    expect(await accessKeys.find(accessKey.id)).toStrictEqual(accessKey)
    expect(await accessKeys.setState(accessKey.id, 'disabled')).toBe(true)
    expect(await accessKeys.find(accessKey.id)).toMatchObject({ state: 'disabled' })

    await database.accessKeys.setState(accessKey.id, 'active')
    expect(await accessKeys.find(accessKey.id)).toMatchObject({ state: 'disabled' })
    clock.now += 500
    expect(await accessKeys.find(accessKey.id)).toMatchObject({ state: 'active' })
  })
})

test('a CMK is found anywhere without its database, and changed or ended at once', async () => {
  await withCaches(async ({ database, keys }) => {
    const cmk = sampleCmk()
    await insertCmk(keys, cmk)
    expect(await keys.findAnywhere(cmk.id)).toStrictEqual(cmk)
    await keys.replace(disable(cmk))
    expect(await keys.findAnywhere(cmk.id)).toMatchObject({ state: '3', revision: 2 })
    await database.close()
    expect(await keys.findAnywhere(cmk.id)).toMatchObject({ state: '3' })
    await expect(keys.find(cmk.projectId, cmk.id)).rejects.toBeInstanceOf(StoreUnavailable)
  })
})

test('an alias changed through the cache is seen at once, by another replica in half a second', async () => {
  await withCaches(async ({ database, clock, stores }) => {
    const cmk = sampleCmk()
    const other = sampleCmk({ projectId: cmk.projectId, domainId: cmk.domainId })
    for (const one of [cmk, other]) await insertCmk(stores.keys, one)
    const alias = sampleAlias(cmk)
    const { projectId, name } = alias
    expect(await stores.aliases.find(projectId, name)).toBeUndefined()
    await stores.aliases.insert({ alias, perKey: 50 })
    expect(await stores.aliases.find(projectId, name)).toStrictEqual(alias)
    await stores.aliases.move({ projectId, name, to: other.id, at: 1, perKey: 50 })
    expect(await stores.aliases.find(projectId, name)).toMatchObject({ keyId: other.id })

    await database.aliases.move({ projectId, name, to: cmk.id, at: 2, perKey: 50 })
    expect(await stores.aliases.find(projectId, name)).toMatchObject({ keyId: other.id })
    clock.now += 500
    expect(await stores.aliases.find(projectId, name)).toMatchObject({ keyId: cmk.id })
    await stores.aliases.remove({ projectId, keyId: cmk.id, names: [name] })
    expect(await stores.aliases.find(projectId, name)).toBeUndefined()
  })
})

test('the aliases of a CMK end with it at once', async () => {
  await withCaches(async ({ stores }) => {
    const cmk = sampleCmk()
    await insertCmk(stores.keys, cmk)
    const alias = sampleAlias(cmk)
    await stores.aliases.insert({ alias, perKey: 50 })
    expect(await stores.aliases.find(cmk.projectId, alias.name)).toStrictEqual(alias)
    await stores.keys.replace({ ...cmk, destroyedAt: 1 })
    expect(await stores.aliases.find(cmk.projectId, alias.name)).toBeUndefined()
  })
})

test('a keystore changed through the cache is seen at once, by another replica in half a second', async () => {
  await withCaches(async ({ database, clock, stores }) => {
    const keystore = sampleKeystore()
    const { id } = keystore
    expect(await stores.keystores.find(id)).toBeUndefined()
    await stores.keystores.insert(keystore)
    expect(await stores.keystores.find(id)).toStrictEqual(keystore)
    await stores.keystores.replace({ ...keystore, state: '3' })
    expect(await stores.keystores.find(id)).toMatchObject({ state: '3' })

    await database.keystores.replace({ ...keystore, state: '2', revision: 2 })
    expect(await stores.keystores.find(id)).toMatchObject({ state: '3' })
    clock.now += 500
    expect(await stores.keystores.find(id)).toMatchObject({ state: '2' })
    expect(await stores.keystores.remove(id)).toBe(true)
    expect(await stores.keystores.find(id)).toBeUndefined()
  })
})
