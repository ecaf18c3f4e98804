import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import { type DueWorkParts, runDueWork } from '../../src/core/due-work.js'
import type { Hsm } from '../../src/core/hsm.js'
import { newKeyId } from '../../src/core/ids.js'
import { type KeyStore, StoreUnavailable } from '../../src/core/key-store.js'
import { bury } from '../../src/core/life-cycle.js'
import { generateMaterial } from '../../src/core/material.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'
import { cmkWith, versionWith } from '../support/sample-cmk.js'
import { chosen, noToken } from '../support/chosen-token.js'
import type { TestToken } from '../support/test-token.js'

const NOW = 1_800_000_000_000
const LATER = NOW + 5 * 60_000
const DAY_MS = 86_400_000

const reason =
  noToken ?? (postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined)

describeUnless(reason, 'two replicas on one database and one token', () => {
  let server: Postgres | undefined
  let token: TestToken
  const databases: Database[] = []
  const hsms: Hsm[] = []

  beforeAll(async () => {
    server = await startPostgres()
    const url = await server.createDatabase()
    token = await chosen.open()
    for (let replica = 0; replica < 2; replica++) {
      databases.push(await openDatabase(url))
      hsms.push(await openTestHsm(token, { agents: 1 }))
    }
  }, 120_000)

  afterAll(async () => {
    await Promise.all(hsms.map((hsm) => hsm.close()))
    await Promise.all(databases.map((database) => database.close()))
    await token.remove()
    await server?.stop()
  })

  function at<Item>(items: readonly Item[], replica: number): Item {
    const item = items[replica]
    if (!item) throw new Error('There is no such replica.')
    return item
  }

  /** Has a replica do what is due; returns what it did. */
  async function work(
    replica: number,
    now: number,
    changed: Partial<DueWorkParts> = {},
  ): Promise<readonly string[]> {
    const events: string[] = []
    const { keys, importPairs } = at(databases, replica)
    const hsm = at(hsms, replica)
    const bindingKeys = { current: { keyId: newKeyId(), version: 1 }, find: () => undefined }
    function tokenOf() {
      return Promise.resolve({ home: 1, hsm, bindingKeys })
    }
    await runDueWork(
      {
        keys,
        importPairs,
        tokens: { of: tokenOf, at: tokenOf, homes: () => [1] },
        observer: {
          done: (work, { keyId, versions }) =>
            events.push(`${work} ${keyId} ${versions.join(',')}`),
          failed: (work, { keyId }) => events.push(`${work} ${keyId} failed`),
          held: ({ keyId }) => events.push(`destruction ${keyId} held`),
        },
        ...changed,
      },
      { now, mayDestroy: true, stopping: () => false },
    )
    return events
  }

  async function both(now: number): Promise<readonly string[]> {
    return (await Promise.all([work(0, now), work(1, now)])).flat()
  }

  async function create(stated: Partial<Cmk>): Promise<Cmk> {
    const cmk = cmkWith({ currentVersion: 1, alias: newKeyId(), revision: 1, ...stated })
    const key = { keyId: cmk.id, version: 1 }
    const checkValue = await generateMaterial(at(hsms, 0), {
      key,
      spec: cmk.spec,
      usage: cmk.usage,
    })
    const version = versionWith(cmk, { key, checkValue })
    await at(databases, 0).keys.insert({ cmk, version, quota: 1000 })
    return cmk
  }

  function rotating(): Promise<Cmk> {
    const rotation = { enabled: true, intervalDays: 30, lastAt: undefined, nextAt: NOW, count: 0 }
    return create({ rotation })
  }

  async function onToken({ id }: Cmk): Promise<number> {
    const objects = await at(hsms, 1).inspectKeys()
    return objects.filter(({ label }) => label.startsWith(`cmk/${id}/`)).length
  }

  test('rotate each key once', async () => {
    const cmks = await Promise.all(Array.from({ length: 8 }, rotating))
    const events = await both(NOW)
    expect([...events].sort()).toEqual(cmks.map(({ id }) => `rotation ${id} 2`).sort())
    expect(await both(LATER)).toEqual([])
    for (const cmk of cmks) {
      const after = await at(databases, 1).keys.findAnywhere(cmk.id)
      expect(after).toMatchObject({ currentVersion: 2, rotation: { count: 1, lastAt: NOW } })
      expect(after?.rotation.nextAt).toBe(NOW + 30 * DAY_MS)
      const versions = await at(databases, 1).keys.versions(cmk.id)
      expect(versions).toHaveLength(2)
      for (const { key, checkValue } of versions) {
        const seen = await at(hsms, 1).checkValue({ key, kind: 'wrapping' })
        expect(Buffer.from(seen).equals(checkValue)).toBe(true)
      }
      expect(await onToken(cmk)).toBe(2)
    }
  }, 60_000)

  test('destroy each key once', async () => {
    const cmks = await Promise.all(
      Array.from({ length: 8 }, () => create({ state: '4', deletionAt: NOW })),
    )
    const events = await both(NOW)
    expect([...events].sort()).toEqual(cmks.map(({ id }) => `destruction ${id} 1`).sort())
    for (const cmk of cmks) expect(await onToken(cmk)).toBe(0)
    expect(await both(LATER)).toEqual([])
  }, 60_000)

  test.each([1, 2])(
    'take over from one that died at its change %d',
    async (change) => {
      const [doomed, turning] = [await create({ state: '4', deletionAt: NOW }), await rotating()]
      for (const cmk of [doomed, turning]) {
        const only = await at(databases, 0).keys.findAnywhere(cmk.id)
        const keys = dyingAt(change, at(databases, 0).keys, only)
        await work(0, NOW, { keys })
      }
      expect(await onToken(doomed)).toBe(change === 1 ? 1 : 0)
      const events = [...(await both(LATER)), ...(await both(LATER + 5 * 60_000))]
      expect(events.filter((event) => event.startsWith(`destruction ${doomed.id}`))).toHaveLength(1)
      expect(events.filter((event) => event.startsWith(`rotation ${turning.id}`))).toHaveLength(1)
      expect(await onToken(doomed)).toBe(0)
      const after = await at(databases, 1).keys.findAnywhere(turning.id)
      expect(after?.rotation.count).toBe(1)
      const present = (await at(databases, 1).keys.versions(turning.id)).filter(
        (version) => version.present,
      )
      expect(present.map(({ key }) => key.version)).toEqual([1, after?.currentVersion])
    },
    60_000,
  )

  test('a tombstone of yesterday is finished today', async () => {
    const cmk = await create({ state: '4', deletionAt: NOW })
    await at(databases, 0).keys.replace(bury(cmk, NOW))
    expect(await both(NOW + DAY_MS)).toEqual([`destruction ${cmk.id} 1`])
    expect(await onToken(cmk)).toBe(0)
  }, 60_000)
})

/** A store that claims one CMK alone, and dies at its n-th change. */
function dyingAt(change: number, keys: KeyStore, only: Cmk | undefined): KeyStore {
  let changes = 0
  let claimed = false
  return {
    ...keys,
    claimDue() {
      const first = claimed || !only ? [] : [only]
      claimed = true
      return Promise.resolve(first)
    },
    replace: (...args) =>
      ++changes === change
        ? Promise.reject(new StoreUnavailable('The database is gone.'))
        : keys.replace(...args),
  }
}
