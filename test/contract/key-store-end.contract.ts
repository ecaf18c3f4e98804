import { describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import { projectId } from '../../src/core/ids.js'
import { disable } from '../../src/core/life-cycle.js'
import type { Database } from '../../src/store/database.js'
import {
  SOME_TIME,
  insertCmk,
  newProject,
  sampleAlias,
  sampleCmk,
  sampleGrant,
} from './store-samples.js'
import type { RawDatabaseKind } from './store-under-test.js'
import { twoReplicas } from './store-under-test.js'

/** How a CMK ends in every key store, and that nothing is ever counted wrongly. */
export function keyStoreEndContract(kind: RawDatabaseKind): void {
  describe('end of a key in the key store', () => {
    const { url, first, second } = twoReplicas(kind)

    test('leaves a tombstone that only its id finds, and gives up name, place, aliases, tags, grants', async () => {
      const cmk = sampleCmk({ state: '4', deletionAt: SOME_TIME })
      const other = sampleCmk({ projectId: cmk.projectId })
      for (const one of [cmk, other]) {
        await insertCmk(first().keys, one)
        await equip(first(), one)
      }
      const tombstone = { ...cmk, destroyedAt: SOME_TIME + 1, revision: 1 }
      await second().keys.replace(tombstone)

      const stored = { ...tombstone, revision: 2 }
      expect(await first().keys.find(cmk.projectId, cmk.id)).toStrictEqual(stored)
      expect(await first().keys.findAnywhere(cmk.id)).toStrictEqual(stored)
      expect(await first().keys.findByAlias(cmk.projectId, cmk.alias)).toBeUndefined()
      expect(await first().keys.countByProject(cmk.projectId)).toBe(1)
      expect(await listOf(first(), cmk)).toStrictEqual({ cmks: [other], total: 1 })
      expect(await first().tags.ofKey(cmk.id)).toStrictEqual([])
      expect(await grantsOf(first(), cmk)).toMatchObject({ grants: [], total: 0 })
      expect(await aliasesOf(first(), cmk)).toStrictEqual([])
      const hits = await first().tags.query({ projectId: cmk.projectId, ...BY_TAG })
      expect(hits).toMatchObject({ hits: [{ cmk: { id: other.id } }], total: 1 })
      expect(await first().grants.listRetirable({ principal: cmk.id, page: ALL })).toMatchObject({
        total: 0,
      })
      expect(await grantsOf(first(), other)).toMatchObject({ total: 1 })
      expect(await aliasesOf(first(), other)).toHaveLength(1)
      // The name and the place are free for another key.
      await insertCmk(first().keys, sampleCmk({ projectId: cmk.projectId, alias: cmk.alias }), 2)
      expect(await kind.query(url(), DIFFERENCES)).toStrictEqual([])
    })

    test('takes nothing new on, and is not undone by a change of the tombstone', async () => {
      const cmk = sampleCmk()
      await insertCmk(first().keys, cmk)
      await first().keys.replace({ ...cmk, destroyedAt: SOME_TIME })
      await expect(equip(first(), cmk)).rejects.toMatchObject({ code: 'KMS.0207' })
      const { projectId: project, id: keyId } = cmk
      const set = { projectId: project, keyId, tags: [{ key: 'a', value: '' }], perKey: 20 }
      await expect(first().tags.set(set)).rejects.toMatchObject({ code: 'KMS.0207' })
      const grant = { grant: sampleGrant(cmk), perKey: 100 }
      await expect(first().grants.insert(grant)).rejects.toMatchObject({ code: 'KMS.0207' })
      const gone = { ...cmk, destroyedAt: SOME_TIME, materialGone: true, revision: 2 }
      await first().keys.replace(gone)
      expect(await first().keys.countByProject(cmk.projectId)).toBe(0)
      expect(await kind.query(url(), DIFFERENCES)).toStrictEqual([])
    })

    test('may be that of many keys of one name, one after the other', async () => {
      const [project, alias] = [newProject(), 'phoenix']
      for (let life = 0; life < 3; life += 1) {
        const cmk = sampleCmk({ projectId: project, alias })
        await insertCmk(first().keys, cmk, 1)
        await second().keys.replace({ ...cmk, destroyedAt: SOME_TIME })
      }
      expect(await first().keys.countByProject(project)).toBe(0)
    })

    test('counts nothing wrongly while two replicas make, change, tag and destroy keys', async () => {
      const project = projectId(newProject())
      const work = Array.from({ length: 24 }, async (_, index) => {
        const stores = index % 2 ? first() : second()
        const cmk = sampleCmk({
          projectId: project,
          spec: index % 3 ? 'AES_256' : 'EC_P256',
          enterpriseProjectId: String(index % 4),
        })
        await insertCmk(stores.keys, cmk)
        await equip(stores, cmk)
        await stores.keys.replace({ ...disable(cmk), enterpriseProjectId: String(index % 5) })
        const tags = [{ key: 'stage', value: String(index % 2) }]
        await stores.tags.set({ projectId: project, keyId: cmk.id, tags, perKey: 20 })
        if (index % 3 === 0) await stores.keys.replace({ ...cmk, revision: 2, destroyedAt: 1 })
      })
      await Promise.all(work)
      expect(await first().keys.countByProject(project)).toBe(16)
      expect(await kind.query(url(), DIFFERENCES)).toStrictEqual([])
    })
  })
}

const ALL = { offset: 0, limit: 1000 }
const BY_TAG = {
  filter: { tags: [{ key: 'stage', values: [] }], nameContains: undefined },
  page: ALL,
}

/** Whatever is counted, beside what counting the rows says: no row where both agree. */
const DIFFERENCES = `
  select 'cmk_tally' as what from (
    select project_id, key_spec, state, enterprise_project_id, keys from cmk_tally
    except
    select project_id, key_spec, state, enterprise_project_id, count(*) from cmk
    where destroyed_at is null group by project_id, key_spec, state, enterprise_project_id) as a
  union all
  select 'cmk' from (
    select project_id, key_spec, state, enterprise_project_id, count(*) from cmk
    where destroyed_at is null group by project_id, key_spec, state, enterprise_project_id
    except
    select project_id, key_spec, state, enterprise_project_id, keys from cmk_tally) as b
  union all
  select 'project' from project where cmk_count <>
    (select count(*) from cmk where project_id = project.id and destroyed_at is null)
  union all
  select 'tag_tally' from (
    select project_id, key, value, keys from tag_tally
    except select project_id, key, value, count(*) from tag group by project_id, key, value) as c
  union all
  select 'tag' from (
    select project_id, key, value, count(*) from tag group by project_id, key, value
    except select project_id, key, value, keys from tag_tally) as d
  union all
  select 'retirable' from (
    select principal, grants from retirable_tally
    except select retiring_principal, count(*) from cmk_grant group by retiring_principal) as e
  union all
  select 'counts of a cmk' from cmk where
    alias_count <> (select count(*) from alias where cmk_id = cmk.id) or
    tag_count <> (select count(*) from tag where cmk_id = cmk.id) or
    grant_count <> (select count(*) from cmk_grant where cmk_id = cmk.id)`

/** Gives a CMK an alias, a tag and a grant. */
async function equip(stores: Database, cmk: Cmk): Promise<void> {
  const { projectId: project, id: keyId } = cmk
  await stores.aliases.insert({ alias: sampleAlias(cmk), perKey: 50 })
  const tags = [{ key: 'stage', value: 'test' }]
  await stores.tags.set({ projectId: project, keyId, tags, perKey: 20 })
  const grant = sampleGrant(cmk, { retiringPrincipal: cmk.id })
  await stores.grants.insert({ grant, perKey: 100 })
}

function listOf({ keys }: Database, { projectId: project }: Cmk) {
  return keys.list({ projectId: project, filter: {}, page: ALL })
}

function grantsOf({ grants }: Database, { id: keyId }: Cmk) {
  return grants.listByKey({ keyId, page: ALL })
}

async function aliasesOf({ aliases }: Database, { projectId: project, id: keyId }: Cmk) {
  const request = { projectId: project, keyId, after: undefined, limit: 100 }
  return (await aliases.list(request)).aliases
}
