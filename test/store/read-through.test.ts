import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readThrough } from '../../src/store/read-through.js'

/** A store of numbers by key that counts what it is asked, on a clock that the test turns. */
function counted(rows: Readonly<Record<string, number>>) {
  const state = { now: 1_000_000, loads: 0, rows: new Map(Object.entries(rows)) }
  const cache = readThrough<number>(() => state.now)
  function find(key: string): Promise<number | undefined> {
    return cache.find(key, () => {
      state.loads += 1
      return Promise.resolve(state.rows.get(key))
    })
  }
  return { state, cache, find }
}

/** A promise that the test settles. */
function deferred<T>() {
  let settle: { resolve: (value: T) => void; reject: (error: Error) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  if (!settle) throw new Error('A promise runs its function at once.')
  return { promise, ...settle }
}

describe('reading through memory', () => {
  test('asks the store once in half a second', async () => {
    const { state, find } = counted({ a: 1 })
    expect(await find('a')).toBe(1)
    state.rows.set('a', 2)
    state.now += 499
    expect([await find('a'), state.loads]).toStrictEqual([1, 1])
    state.now += 1
    expect([await find('a'), state.loads]).toStrictEqual([2, 2])
  })

  test('counts the half second from the beginning of the read, not from its end', async () => {
    const { state, cache, find } = counted({ a: 2 })
    const slow = deferred<number>()
    const first = cache.find('a', () => slow.promise)
    state.now += 400
    slow.resolve(1)
    expect(await first).toBe(1)
    state.now += 99
    expect(await find('a')).toBe(1)
    state.now += 1
    expect(await find('a')).toBe(2)
  })

  test('does not use a row longer because the clock was set back', async () => {
    const { state, find } = counted({ a: 1 })
    await find('a')
    state.rows.set('a', 2)
    state.now -= 3_600_000
    expect(await find('a')).toBe(2)
  })

  test('never remembers that something was not there', async () => {
    const { state, find } = counted({})
    expect([await find('a'), await find('a'), state.loads]).toStrictEqual([undefined, undefined, 2])
    state.rows.set('a', 1)
    expect(await find('a')).toBe(1)
  })

  test('never remembers a failure', async () => {
    const { cache, find } = counted({ a: 1 })
    const failing = cache.find('a', () => Promise.reject(new Error('no connection')))
    await expect(failing).rejects.toThrow('no connection')
    expect(await find('a')).toBe(1)
  })

  test('keeps 10,000 rows, dropping what was read first', async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => `row ${index}`)
    const { state, find } = counted(Object.fromEntries(names.map((name, index) => [name, index])))
    for (const name of names) await find(name)
    expect(state.loads).toBe(10_001)
    for (const name of names.slice(1)) await find(name)
    expect(state.loads).toBe(10_001)
    await find('row 0')
    expect(state.loads).toBe(10_002)
  })

  test('is not emptied by questions for what does not exist', async () => {
    const { state, find } = counted({ a: 1 })
    await find('a')
    await Promise.all(Array.from({ length: 20_000 }, (_, index) => find(`bogus ${index}`)))
    const before = state.loads
    await find('a')
    expect(state.loads).toBe(before)
  })

  test('asks the store once for many who want the same row at once', async () => {
    const { state, find } = counted({ a: 1 })
    const rows = await Promise.all(Array.from({ length: 100 }, () => find('a')))
    expect([new Set(rows), state.loads]).toStrictEqual([new Set([1]), 1])
  })

  test('lets nobody wait for a read that is older than half a second', async () => {
    const { state, cache, find } = counted({ a: 2 })
    const hanging = deferred<number>()
    const first = cache.find('a', () => hanging.promise)
    state.now += 500
    expect(await find('a')).toBe(2)
    hanging.resolve(1)
    expect(await first).toBe(1)
    expect(await find('a')).toBe(2)
  })
})

describe('writing past memory', () => {
  test('drops the row at once', async () => {
    const { state, cache, find } = counted({ a: 1 })
    await find('a')
    await cache.write('a', () => Promise.resolve(state.rows.set('a', 2)))
    expect(await find('a')).toBe(2)
  })

  test('drops the row also when the write failed: it may have been done', async () => {
    const { state, cache, find } = counted({ a: 1 })
    await find('a')
    const write = cache.write('a', () => {
      state.rows.set('a', 2)
      return Promise.reject(new Error('connection lost'))
    })
    await expect(write).rejects.toThrow('connection lost')
    expect(await find('a')).toBe(2)
  })

  test('keeps out the old row of a read that began before the write and ends after it', async () => {
    const { state, cache, find } = counted({ a: 1 })
    const slow = deferred<number>()
    const early = cache.find('a', () => slow.promise)
    await cache.write('a', () => Promise.resolve(state.rows.set('a', 2)))
    const late = find('a')
    slow.resolve(1)
    expect([await early, await late, await find('a')]).toStrictEqual([1, 2, 2])
  })

  test('keeps out the old row of a read that began and ended during the write', async () => {
    const { state, cache, find } = counted({ a: 1 })
    const writing = deferred<undefined>()
    const write = cache.write('a', async () => {
      await writing.promise
      state.rows.set('a', 2)
    })
    expect(await find('a')).toBe(1)
    writing.resolve(undefined)
    await write
    expect(await find('a')).toBe(2)
  })

  test('no read that begins after a write has been answered sees an older row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { minLength: 2, maxLength: 12 }),
        async (scheduler, writes) => {
          let [stored, answered, next] = [0, 0, 0]
          const cache = readThrough<number>(() => 0)
          async function write(): Promise<void> {
            next += 1
            const value = next
            await cache.write('a', async () => {
              await scheduler.schedule(Promise.resolve(), 'the write arrives')
              stored = Math.max(stored, value)
              await scheduler.schedule(Promise.resolve(), 'the write is answered')
            })
            answered = Math.max(answered, value)
          }
          async function read(): Promise<void> {
            const expected = answered
            const seen = await cache.find('a', async () => {
              await scheduler.schedule(Promise.resolve(), 'the read arrives')
              const value = stored
              await scheduler.schedule(Promise.resolve(), 'the read is answered')
              return value
            })
            expect(seen).toBeGreaterThanOrEqual(expected)
          }
          const calls = writes.map((isWrite) =>
            scheduler
              .schedule(Promise.resolve(), 'a call begins')
              .then(() => (isWrite ? write() : read())),
          )
          await scheduler.waitFor(Promise.all(calls))
        },
      ),
      { numRuns: 300 },
    )
  })
})
