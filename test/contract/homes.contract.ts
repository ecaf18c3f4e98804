import { describe, expect, test } from '@jest/globals'
import { accessKeyOwner } from '../../src/core/credential.js'
import { newKeyId } from '../../src/core/ids.js'
import { DEFAULT_KEYSTORE } from '../../src/core/keystore.js'
import { openDatabase } from '../../src/store/database.js'
import {
  SOME_TIME,
  firstVersion,
  insertAccessKey,
  insertCmk,
  sampleAccessKey,
  sampleCmk,
} from './store-samples.js'
import { type RawDatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store says of the tokens that keys are on. */
export function homesContract(kind: RawDatabaseKind): void {
  describe('homes', () => {
    const { first, second } = twoReplicas(kind)

    test('of a CMK and of its versions come back as they were stored', async () => {
      const homes = [
        { home: 1, since: 1 },
        { home: 12, since: 4_294_967_296 },
      ]
      const cmk = sampleCmk({ homes: [{ home: 7, since: 1 }] })
      const version = firstVersion(cmk, { home: 7 })
      await first().keys.insert({ cmk, version, quota: 9 })
      expect(await second().keys.findAnywhere(cmk.id)).toStrictEqual(cmk)
      const moved = firstVersion(cmk, { key: { keyId: cmk.id, version: 2 }, home: 12 })
      await first().keys.replace({ ...cmk, homes }, [moved])
      expect((await second().keys.findAnywhere(cmk.id))?.homes).toStrictEqual(homes)
      expect(await second().keys.versions(cmk.id)).toStrictEqual([version, moved])
    })

    test('tell which versions are, or were in use, on another token than one', async () => {
      const cmk = sampleCmk()
      const numbered = [1, 2, 3, 4].map((version) => ({ key: { keyId: cmk.id, version } }))
      const [there, gone, reserved, here] = numbered
      await insertCmk(first().keys, cmk)
      const versions = [
        firstVersion(cmk, { ...there, home: 31 }),
        firstVersion(cmk, { ...gone, home: 31, present: false }),
        firstVersion(cmk, { ...reserved, home: 31, use: 'waiting', present: false }),
        firstVersion(cmk, { ...here, home: 30 }),
      ]
      await first().keys.replace(cmk, versions)
      const foreign = sampleCmk({ keystoreId: newKeyId() })
      const own = (await second().keys.versionsElsewhere(30)).filter(
        ({ key }) => key.keyId === cmk.id || key.keyId === foreign.id,
      )
      expect(own).toStrictEqual(versions.slice(0, 2))
      const elsewhere = await second().keys.versionsElsewhere(31)
      expect(elsewhere.filter(({ key }) => key.keyId === cmk.id)).toStrictEqual([versions[3]])
      const row = await first().keys.findAnywhere(cmk.id)
      if (!row) throw new Error('The key is there.')
      await first().keys.replace({ ...row, state: '4', destroyedAt: 5, materialGone: true })
      const after = await second().keys.versionsElsewhere(31)
      expect(after.filter(({ key }) => key.keyId === cmk.id)).toStrictEqual([])
    })

    test('that are retired keep their keys, and lose their pairs for imports', async () => {
      const { serviceKeys, importPairs } = first()
      const cmk = sampleCmk()
      await insertCmk(first().keys, cmk)
      const pairs = [51, 52].map((home) => ({
        key: { keyId: newKeyId(), version: 1 },
        cmkId: cmk.id,
        home,
        createdAt: 1,
        expiresAt: 9e12,
      }))
      for (const [index, pair] of pairs.entries()) {
        await importPairs.insert(pair)
        await serviceKeys.insert({
          keystoreId: DEFAULT_KEYSTORE,
          purpose: 'audit',
          key: { keyId: newKeyId(), version: 200 + index },
          home: pair.home,
          checkValue: new Uint8Array([index]),
          createdAt: 1,
          retiredAt: undefined,
        })
      }
      await serviceKeys.retire({ home: 51, now: 77 })
      await serviceKeys.retire({ home: 51, now: 78 })
      const rows = await second().serviceKeys.list(DEFAULT_KEYSTORE)
      const times = rows
        .filter(({ home }) => home > 50)
        .map(({ home, retiredAt }) => [home, retiredAt])
      expect(times).toStrictEqual([
        [51, 77],
        [52, undefined],
      ])
      expect(await second().importPairs.newest(cmk.id, 51)).toBeUndefined()
      expect(await second().importPairs.newest(cmk.id, 52)).toStrictEqual(pairs[1])
      const asked = { now: 9e12, limit: 99, homes: [51, 52] }
      const expired = await second().importPairs.expired(asked)
      expect(expired.filter(({ cmkId }) => cmkId === cmk.id)).toStrictEqual([pairs[1]])
      expect(await second().importPairs.expired({ ...asked, homes: [53] })).toStrictEqual([])
    })

    test('of a database of the release before are all the first', async () => {
      const url = await kind.newUrl()
      await kind.migrateTo(url, '005-project-state')
      const id = newKeyId()
      await kind.execute(url, `insert into project values ('p', 1)`)
      const columns =
        'id, project_id, domain_id, key_alias, description, key_spec, key_usage, state, origin, ' +
        'enterprise_project_id, keystore_id, current_version, created_at, material_gone, rotation_enabled, ' +
        'rotation_interval, rotation_count, alias_count, tag_count, grant_count, revision'
      await kind.execute(
        url,
        `insert into cmk (${columns}) values ('${id}', 'p', 'd', 'a', '', 'AES_256', 'ENCRYPT_DECRYPT', '2', 'kms', '0', '0', 2, 1, 0, 0, 365, 0, 0, 0, 0, 1)`,
      )
      await kind.execute(
        url,
        `insert into cmk_version values ('${id}', 2, 'm', ${kind.bytes('00')}, 1, null, 'in-use', 1)`,
      )
      await kind.execute(url, `insert into import_pair values ('${id}', 1, '${id}', 1, 2)`)
      await kind.execute(
        url,
        `insert into service_key values ('0', 'binding', 1, '${id}', ${kind.bytes('01')}, 1)`,
      )
      const database = await openDatabase(url)
      expect((await database.keys.findAnywhere(id))?.homes).toStrictEqual([{ home: 1, since: 1 }])
      expect(await database.keys.versions(id)).toMatchObject([{ home: 1 }])
      expect(await database.importPairs.newest(id, 1)).toMatchObject({ home: 1 })
      expect(await database.serviceKeys.list('0')).toMatchObject([
        { home: 1, retiredAt: undefined },
      ])
      await database.close()
    })
  })

  describe('serving processes', () => {
    const { first, second } = twoReplicas(kind)

    test('say which tokens they reach, until they end or are not seen for a day', async () => {
      const day = 24 * 60 * 60 * 1000
      const [one, other] = ['1', '2'].map((digit) => ({
        id: digit.repeat(32),
        homes: [2, 1],
        seenAt: SOME_TIME,
      }))
      if (!one || !other) throw new Error('There are two.')
      for (const process of [one, other]) await first().servingProcesses.note(process)
      expect(await second().servingProcesses.list(SOME_TIME)).toStrictEqual([one, other])
      const later = { ...one, homes: [2], seenAt: SOME_TIME + day }
      await first().servingProcesses.note(later)
      expect(await second().servingProcesses.list(SOME_TIME + 1)).toStrictEqual([later])
      expect(await second().servingProcesses.list(0)).toStrictEqual([later, other])
      await first().servingProcesses.note({ ...later, seenAt: SOME_TIME + day + 1 })
      expect(await second().servingProcesses.list(0)).toHaveLength(1)
      await second().servingProcesses.remove(one.id)
      expect(await first().servingProcesses.list(0)).toStrictEqual([])
    })
  })

  describe('sealed secrets', () => {
    const { first, second } = twoReplicas(kind)

    test('are found wherever they are, and exchanged unless they have changed', async () => {
      const { accessPoints, sealedSecrets } = first()
      const point = {
        id: newKeyId(),
        projectId: sampleCmk().projectId,
        keySpaceId: 'space',
        name: 'point',
        description: '',
        createdBy: 'user',
        createdAt: 1,
        modifiedAt: 1,
        revision: 1,
        type: 3 as const,
        identity: '',
        clusterId: '',
        enabled: true,
        publicKey: new Uint8Array([1]),
        sealedPrivateKey: new Uint8Array([2, 3]),
      }
      const bare = { ...point, id: newKeyId(), name: 'bare', sealedPrivateKey: undefined }
      await accessPoints.insert(point)
      await accessPoints.insert(bare)
      const all = await sealedSecrets.list()
      expect(all.map(({ id }) => id)).not.toContain(bare.id)
      const own = all.find(({ id }) => id === point.id)
      if (!own) throw new Error('The secret is not found.')
      expect(own).toMatchObject({ kind: 'access-point', record: new Uint8Array([2, 3]) })
      expect(own.owner).toStrictEqual({
        purpose: 'access point key',
        identity: [point.id, point.projectId],
      })
      expect(await second().sealedSecrets.replace(own, new Uint8Array([4]))).toBe(true)
      expect(await sealedSecrets.replace(own, new Uint8Array([5]))).toBe(false)
      const after = await accessPoints.find(point.projectId, point.id)
      expect(after?.sealedPrivateKey).toStrictEqual(new Uint8Array([4]))
    })

    test('of access keys are bound to whom they belong to', async () => {
      const { sealedSecrets, accessKeys } = first()
      const key = sampleAccessKey()
      await insertAccessKey(first(), key)
      const own = (await sealedSecrets.list()).find(({ id }) => id === key.id)
      if (!own) throw new Error('The secret is not found.')
      expect(own.owner).toStrictEqual(accessKeyOwner({ ...key, accessKeyId: key.id }))
      expect(await sealedSecrets.replace(own, new Uint8Array([8]))).toBe(true)
      expect(await second().accessKeys.find(key.id)).toStrictEqual({
        ...key,
        sealedSecret: new Uint8Array([8]),
      })
      await accessKeys.remove(key.id)
      expect(await sealedSecrets.replace({ ...own, record: new Uint8Array([8]) }, own.record)).toBe(
        false,
      )
    })
  })
}
