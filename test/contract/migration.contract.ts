import { describe, expect, test } from '@jest/globals'
import { NO_ROTATION } from '../../src/core/cmk.js'
import { projectId } from '../../src/core/ids.js'
import { openDatabase } from '../../src/store/database.js'
import { firstVersion, insertCmk, sampleCmk } from './store-samples.js'
import type { RawDatabaseKind } from './store-under-test.js'

/** That nothing is lost when a database of an older release is opened. */
export function migrationContract(kind: RawDatabaseKind): void {
  describe('database of the first release', () => {
    test('keeps its keys, their versions and the keys of the service', async () => {
      const url = await kind.newUrl()
      await kind.migrateTo(url, '001-init')
      const cmks = Array.from({ length: 1203 }, (_, index) =>
        sampleCmk({
          projectId: projectId(index % 2 ? 'odd' : 'even'),
          domainId: 'account',
          state: index % 3 ? '2' : '3',
          spec: index % 5 ? 'AES_256' : 'SM4',
          revision: index + 1,
          createdAt: 1_795_392_000_000 + index,
        }),
      )
      const [even, odd] = [602, 601]
      await kind.execute(url, `insert into project values ('even', ${even}), ('odd', ${odd})`)
      await kind.execute(
        url,
        `insert into cmk values ${cmks
          .map(
            (cmk) =>
              `('${cmk.id}', '${cmk.projectId}', '${cmk.domainId}', '${cmk.alias}', '${cmk.description}', ` +
              `'${cmk.spec}', '${cmk.usage}', '${cmk.state}', '${cmk.origin}', '0', '0', 1, ` +
              `${cmk.createdAt}, ${cmk.revision})`,
          )
          .join()}`,
      )
      const versions = cmks.map(
        (cmk) => `('${cmk.id}', 1, ${kind.bytes('00ff')}, ${cmk.createdAt})`,
      )
      await kind.execute(url, `insert into cmk_version values ${versions.join()}`)
      const [someone] = cmks
      if (!someone) throw new Error('There are keys.')
      await kind.execute(
        url,
        `insert into service_key values ('binding', 1, '${someone.id}', ${kind.bytes('0102')}, 5)`,
      )

      await kind.execute(
        url,
        `insert into access_key values ('AK', 'even', 'account', 'operator', 'active', ${kind.bytes('0a0b')}, 7, 3)`,
      )

      const database = await openDatabase(url)
      const { keys, serviceKeys, accessKeys } = database
      expect(await accessKeys.list()).toStrictEqual([
        {
          id: 'AK',
          projectId: 'even',
          domainId: 'account',
          // Sealed secrets are bound to it: it is the name that the first release knew.
          userId: 'operator',
          state: 'active',
          sealedSecret: new Uint8Array([10, 11]),
          temporary: undefined,
          createdAt: 7,
          revision: 3,
        },
      ])
      const { identities, policies } = database
      expect(await identities.listAccounts()).toMatchObject([{ id: 'account', state: 'active' }])
      expect(await identities.listProjects('account')).toMatchObject([
        { id: 'even', createdAt: 7, state: 'active', revision: 1 },
        { id: 'odd', name: 'odd' },
      ])
      expect(await identities.listUsers()).toMatchObject([{ id: 'operator', name: 'operator' }])
      // Whoever could do everything still can.
      expect(await policies.attachedTo('operator')).toStrictEqual([{ id: 'system:full-access' }])
      for (const project of ['even', 'odd'].map(projectId)) {
        const expected = cmks.filter((cmk) => cmk.projectId === project)
        const page = { offset: 0, limit: 2000 }
        const filters = [{}, { state: '3' }, { spec: 'SM4', state: '2' }] as const
        for (const filter of filters) {
          const { state, spec } = { state: undefined, spec: undefined, ...filter }
          const matching = expected.filter(
            (cmk) => cmk.state === (state ?? cmk.state) && cmk.spec === (spec ?? cmk.spec),
          )
          const list = await keys.list({ projectId: project, filter, page })
          expect(list).toStrictEqual({ cmks: matching, total: matching.length })
        }
        expect(await keys.countByProject(project)).toBe(expected.length)
      }
      expect(someone.rotation).toStrictEqual(NO_ROTATION)
      const stored = await keys.allVersions()
      expect(stored).toHaveLength(cmks.length)
      expect(new Set(stored.map(({ materialId }) => materialId)).size).toBe(cmks.length)
      expect(await keys.versions(someone.id)).toStrictEqual([
        firstVersion(someone, {
          materialId: stored.find(({ key }) => key.keyId === someone.id)?.materialId ?? '',
          checkValue: new Uint8Array([0, 255]),
        }),
      ])
      expect(await serviceKeys.list('0')).toStrictEqual([
        {
          keystoreId: '0',
          purpose: 'binding',
          key: { keyId: someone.id, version: 1 },
          home: 1,
          checkValue: new Uint8Array([1, 2]),
          createdAt: 5,
          retiredAt: undefined,
        },
      ])
      // What 001 guarded is guarded still.
      const twin = sampleCmk({ projectId: someone.projectId, alias: someone.alias })
      await expect(insertCmk(keys, twin, 5000)).rejects.toMatchObject({ code: 'KMS.1104' })
      const orphan = kind.execute(
        url,
        `insert into cmk_version values ('none', 1, 'm', ${kind.bytes('00')}, 1, null, 'in-use', 1, 1)`,
      )
      // An error of better-sqlite3 is none of Jest's realm, so its message is all that can be looked at.
      await expect(orphan).rejects.toMatchObject({
        message: expect.stringMatching(/foreign key/i) as unknown,
      })
      await database.close()
    })
  })
}
