import { expect, test } from '@jest/globals'
import { createCallLimits } from '../../src/limits/call-rates.js'
import { LeaseLedger, type Leases } from '../../src/limits/leases.js'

/** Time of the books: it stands still, however slow the machine is, unless a test lets it pass. */
const books = { now: 0 }

/** Processes with one ledger, whose answers take a moment as those of a supervisor do. */
function processes(count: number): readonly ReturnType<typeof createCallLimits>[] {
  const ledger = new LeaseLedger(() => books.now)
  const leases: Leases = {
    processes: count,
    async take(asked) {
      await new Promise((resolve) => setImmediate(resolve))
      return ledger.take(asked)
    },
  }
  return Array.from({ length: count }, () =>
    createCallLimits({ perAddress: 0, perCaller: 40 }, { leases }),
  )
}

async function admitted(limits: ReturnType<typeof createCallLimits>, key: string, calls: number) {
  const all = Array.from({ length: calls }, () => limits.admitCaller(key))
  const results = await Promise.allSettled(all)
  return results.filter(({ status }) => status === 'fulfilled').length
}

test('processes admit no more together than one does alone', async () => {
  const all = processes(3)
  const counts = await Promise.all(all.map((limits) => admitted(limits, 'AK', 60)))
  expect(counts.reduce((sum, count) => sum + count)).toBe(40)
  // One that was idle does not keep the others from what is there.
  expect(await admitted(all[0] ?? never(), 'OTHER', 60)).toBe(40)
})

test('a second later there are as many again', async () => {
  const [one = never(), other = never()] = processes(2)
  expect(await admitted(one, 'AK', 60)).toBe(40)
  expect(await admitted(other, 'AK', 60)).toBe(0)
  // What a process knows of its own leases ends by its own clock.
  await new Promise((resolve) => setTimeout(resolve, 1050))
  books.now += 1050
  expect(await admitted(other, 'AK', 60)).toBe(40)
})

test('calls one after the other are counted as those that come at once', async () => {
  const [one = never(), other = never()] = processes(2)
  let count = 0
  for (let call = 0; call < 60; call++) {
    count += await admitted(call % 2 === 0 ? one : other, 'AK', 1)
  }
  // What either holds and does not use is lost: a part of an eighth of its share at most.
  expect(count).toBeLessThanOrEqual(40)
  expect(count).toBeGreaterThanOrEqual(36)
})

test('a process counts for itself while nobody answers', async () => {
  const limits = createCallLimits(
    { perAddress: 0, perCaller: 10 },
    { leases: { processes: 2, take: () => Promise.resolve(undefined) } },
  )
  expect(await admitted(limits, 'AK', 30)).toBe(10)
})

test('the books keep no key for longer than its second', () => {
  const clock = { now: 0 }
  const ledger = new LeaseLedger(() => clock.now)
  expect(ledger.take({ key: 'a', limit: 5, wanted: 3 })).toEqual({ granted: 3, leftMs: 1000 })
  clock.now = 400
  expect(ledger.take({ key: 'a', limit: 5, wanted: 3 })).toEqual({ granted: 2, leftMs: 600 })
  expect(ledger.take({ key: 'a', limit: 5, wanted: 3 })).toEqual({ granted: 0, leftMs: 600 })
  clock.now = 1000
  expect(ledger.take({ key: 'a', limit: 5, wanted: 3 })).toEqual({ granted: 3, leftMs: 1000 })
})

function never(): never {
  throw new Error('There is no such process.')
}
