import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createCallLimits } from '../../src/limits/call-rates.js'
import { openDatabase } from '../../src/store/database.js'
import { type CountDatabase, openCountDatabase } from '../../src/store/shared-counts.js'
import { describeUnless } from '../support/describe-unless.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'

async function admitted(admit: () => Promise<void>, calls: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: calls }, () => admit()))
  for (const result of results) {
    if (result.status === 'rejected') {
      expect(result.reason).toMatchObject({ code: 'APIGW.0308', status: 429 })
    }
  }
  return results.filter(({ status }) => status === 'fulfilled').length
}

describe('limits of one process', () => {
  test('admit so many calls of a second, of an address and of a caller each', async () => {
    const limits = createCallLimits({ perAddress: 10, perCaller: 5 })
    expect(await admitted(() => limits.admitAddress('192.0.2.1'), 25)).toBe(10)
    expect(await admitted(() => limits.admitAddress('192.0.2.2'), 25)).toBe(10)
    expect(await admitted(() => limits.admitCaller('AK1'), 25)).toBe(5)
    expect(await admitted(() => limits.admitCaller('AK2'), 3)).toBe(3)
    // All of a network that anybody can have counts as one.
    expect(await admitted(() => limits.admitAddress('2001:db8::1'), 10)).toBe(10)
    expect(await admitted(() => limits.admitAddress('2001:db8::2'), 10)).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await admitted(() => limits.admitCaller('AK1'), 25)).toBe(5)
  })

  test('admit everything where they are off', async () => {
    const limits = createCallLimits({ perAddress: 0, perCaller: 0 })
    expect(await admitted(() => limits.admitAddress('192.0.2.1'), 100)).toBe(100)
    expect(await admitted(() => limits.admitCaller('AK'), 100)).toBe(100)
  })
})

const reason = postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined

describeUnless(reason, 'limits of replicas together', () => {
  let postgres: Postgres
  let url: string
  const databases: CountDatabase[] = []
  beforeAll(async () => {
    postgres = await startPostgres()
    url = await postgres.createDatabase()
    await (await openDatabase(url)).close()
  }, 60_000)
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()))
    await postgres.stop()
  })

  function replica(): ReturnType<typeof createCallLimits> {
    const counts = openCountDatabase(url)
    databases.push(counts)
    return createCallLimits({ perAddress: 0, perCaller: 8 }, { shared: counts })
  }

  test('admit so many calls in all', async () => {
    const [one, two] = [replica(), replica()]
    let most = 0
    // The second may change in the middle of a round, and then each half admits its own.
    for (let round = 0; round < 3; round += 1) {
      const principal = `AK${round}`
      const counts = await Promise.all([
        admitted(() => one.admitCaller(principal), 12),
        admitted(() => two.admitCaller(principal), 12),
      ])
      most = Math.max(most, counts[0] + counts[1])
    }
    expect(most).toBeGreaterThanOrEqual(8)
    expect(most).toBeLessThanOrEqual(16)
  })

  test('are those of each process while the database is away', async () => {
    const limits = createCallLimits(
      { perAddress: 0, perCaller: 8 },
      { shared: { query: () => Promise.reject(new Error('The database is away.')) } },
    )
    expect(await admitted(() => limits.admitCaller('AK'), 20)).toBe(8)
  })
})
