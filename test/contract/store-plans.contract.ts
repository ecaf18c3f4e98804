import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CompiledQuery, type Kysely, sql } from '../../src/packages/kysely.js'
import { type KeyId, newKeyId } from '../../src/core/ids.js'
import type { OutlookStore } from '../../src/core/outlook.js'
import type { Stores } from '../../src/core/service.js'
import { sqlAliasStore } from '../../src/store/aliases.js'
import { callsTo } from '../../src/store/calls.js'
import { cmkRow, versionRow } from '../../src/store/cmk-rows.js'
import { openDatabase } from '../../src/store/database.js'
import { sqlGrantStore } from '../../src/store/grants.js'
import { sqlKeyStore } from '../../src/store/keys.js'
import { sqlOutlookStore } from '../../src/store/outlook.js'
import { locksRows } from '../../src/store/row-locks.js'
import type { Tables } from '../../src/store/tables.js'
import { sqlTagStore } from '../../src/store/tags.js'
import { SOME_TIME, firstVersion, newProject, sampleCmk } from './store-samples.js'
import type { RawDatabaseKind } from './store-under-test.js'

type Asked = Pick<Stores, 'keys' | 'aliases' | 'tags' | 'grants'> & { outlook: OutlookStore }

const [PROJECT, KEYS, BATCH] = [newProject(), 2000, 500] as const
const PAGE = { offset: 0, limit: 10 }
const KEY_ID: KeyId = newKeyId()

/** What clients ask all the time: its cost must not grow with what else is stored. */
const QUESTIONS: readonly (readonly [string, (stores: Asked) => Promise<unknown>])[] = [
  ['keys.list', ({ keys }) => list(keys, {})],
  ['keys.list by state', ({ keys }) => list(keys, { state: '2' })],
  ['keys.list by spec', ({ keys }) => list(keys, { spec: 'AES_256' })],
  ['keys.list by both', ({ keys }) => list(keys, { state: '3', spec: 'EC_P256' })],
  ['keys.list by enterprise project', ({ keys }) => list(keys, { enterpriseProjectId: '0' })],
  ['keys.find', ({ keys }) => keys.find(PROJECT, KEY_ID)],
  ['keys.findAnywhere', ({ keys }) => keys.findAnywhere(KEY_ID)],
  ['keys.findByAlias', ({ keys }) => keys.findByAlias(PROJECT, 'name')],
  ['keys.countByProject', ({ keys }) => keys.countByProject(PROJECT)],
  ['keys.versions', ({ keys }) => keys.versions(KEY_ID)],
  ['keys.claimDue', ({ keys }) => keys.claimDue({ now: 1, until: 2, limit: 10 })],
  ['outlook.look', ({ outlook }) => outlook.look({ now: 1, overdueSince: 1, soon: 2 })],
  ['aliases.find', ({ aliases }) => aliases.find(PROJECT, 'alias/name')],
  ['aliases.list', ({ aliases }) => aliasList(aliases, undefined)],
  ['aliases.list of a key', ({ aliases }) => aliasList(aliases, KEY_ID)],
  ['tags.query by a value', ({ tags }) => query(tags, ['live'])],
  ['tags.query by any value', ({ tags }) => query(tags, [])],
  ['tags.query of everything', ({ tags }) => query(tags)],
  ['tags.ofKey', ({ tags }) => tags.ofKey(KEY_ID)],
  ['tags.ofProject', ({ tags }) => tags.ofProject(PROJECT)],
  ['grants.listByKey', ({ grants }) => grants.listByKey({ keyId: KEY_ID, page: PAGE })],
  ['grants.listRetirable', ({ grants }) => grants.listRetirable({ principal: 'u', page: PAGE })],
  ['grants.highestCount', ({ grants }) => grants.highestCount(PROJECT)],
]

/** That every database answers from its indexes. */
export function storePlansContract(kind: RawDatabaseKind): void {
  describe('plan of the database', () => {
    const statements: CompiledQuery[] = []
    let db: Kysely<Tables> | undefined

    beforeAll(async () => {
      const url = await kind.newUrl()
      await (await openDatabase(url)).close()
      db = await kind.openLogged(url, ({ query: statement }) => statements.push(statement))
      await fill(db)
      // PostgreSQL does this by itself after a while; SQLite never does.
      if (locksRows(db)) await sql`analyze`.execute(db)
    })

    afterAll(() => db?.destroy())

    function opened(): Kysely<Tables> {
      if (!db) throw new Error('The database is not open.')
      return db
    }

    async function flawsOf(ask: (stores: Asked) => Promise<unknown>): Promise<readonly string[]> {
      statements.length = 0
      const calls = callsTo(opened())
      await ask({
        keys: sqlKeyStore(calls),
        aliases: sqlAliasStore(calls),
        tags: sqlTagStore(calls),
        grants: sqlGrantStore(calls),
        outlook: sqlOutlookStore(calls),
      })
      const asked = statements.filter(({ sql: text }) => /^\s*(select|with)/.test(text))
      expect(asked).not.toHaveLength(0)
      const flaws = await Promise.all(asked.map((statement) => kind.flaws(opened(), statement)))
      return flaws.flat()
    }

    test.each(QUESTIONS)('of %s reads and sorts no more than is asked for', async (_, ask) => {
      expect(await flawsOf(ask)).toStrictEqual([])
    })

    test('of grants.listForGrantee reads the grants of one user on one key', async () => {
      // At most as many as a key may have, so they may be sorted.
      const held = { keyId: KEY_ID, userId: 'u', domainId: 'd' }
      const flaws = await flawsOf(({ grants }) => grants.listForGrantee(held))
      expect(flaws.filter((flaw) => !/sort|order by/i.test(flaw))).toStrictEqual([])
    })

    test('would show what reads everything', async () => {
      const everything = await flawsOf(() =>
        opened().selectFrom('cmk').select('id').where('description', '=', 'x').execute(),
      )
      const sorted = await flawsOf(() =>
        opened().selectFrom('cmk').select('id').orderBy('description').execute(),
      )
      expect([everything.length > 0, sorted.length > 0]).toStrictEqual([true, true])
    })
  })
}

function list(keys: Asked['keys'], filter: Parameters<Asked['keys']['list']>[0]['filter']) {
  return keys.list({ projectId: PROJECT, filter, page: PAGE })
}

function aliasList(aliases: Asked['aliases'], keyId: KeyId | undefined) {
  return aliases.list({ projectId: PROJECT, keyId, after: 'alias/a', limit: 10 })
}

function query(tags: Asked['tags'], values?: readonly string[]) {
  const wanted = values === undefined ? [] : [{ key: 'stage', values }]
  return tags.query({
    projectId: PROJECT,
    filter: { tags: wanted, nameContains: undefined },
    page: PAGE,
  })
}

/** Fills the tables as a busy project does; what is counted elsewhere is left out. */
async function fill(db: Kysely<Tables>): Promise<void> {
  await db.insertInto('project').values({ id: PROJECT, cmk_count: KEYS }).execute()
  const cmks = Array.from({ length: KEYS }, (_, index) =>
    sampleCmk({
      id: index === 0 ? KEY_ID : newKeyId(),
      projectId: PROJECT,
      state: index % 9 ? '2' : '3',
      spec: index % 7 ? 'AES_256' : 'EC_P256',
      enterpriseProjectId: String(index % 3),
      materialExpiresAt: index % 5 ? undefined : index * 1000,
      createdAt: SOME_TIME + index,
    }),
  )
  for (let start = 0; start < KEYS; start += BATCH) {
    const batch = cmks.slice(start, start + BATCH)
    await db
      .insertInto('cmk')
      .values(
        batch.map((cmk) => ({ ...cmkRow(cmk), alias_count: 0, tag_count: 0, grant_count: 0 })),
      )
      .execute()
    const versions = batch.map((cmk) => versionRow(firstVersion(cmk)))
    await db.insertInto('cmk_version').values(versions).execute()
    await db
      .insertInto('tag')
      .values(
        batch.flatMap(({ id, createdAt }, index) =>
          ['stage', 'owner', 'zone'].map((key) => ({
            project_id: PROJECT,
            cmk_id: id,
            key,
            value: index % 2 ? 'live' : 'test',
            cmk_created_at: createdAt,
          })),
        ),
      )
      .execute()
    await db
      .insertInto('import_pair')
      .values(
        batch.map(({ id }, index) => ({
          key_id: newKeyId(),
          version: 1,
          cmk_id: id,
          home: 1,
          created_at: 1,
          expires_at: start + index,
        })),
      )
      .execute()
    await db
      .insertInto('alias')
      .values(
        batch.map(({ id }) => ({
          domain_id: 'd',
          name: `alias/${id}`,
          project_id: PROJECT,
          cmk_id: id,
          created_at: 1,
          updated_at: 1,
        })),
      )
      .execute()
    await db
      .insertInto('cmk_grant')
      .values(
        batch.map(({ id }, index) => ({
          id: `${id}${start}`,
          cmk_id: index % 3 ? id : KEY_ID,
          project_id: PROJECT,
          grantee_principal: `user-${index % 50}`,
          grantee_principal_type: 'user' as const,
          operations: '',
          issuing_principal: 'x',
          retiring_principal: `user-${index % 60}`,
          name: null,
          created_at: start + index,
        })),
      )
      .execute()
  }
}
