import type { Clock } from '../core/clock.js'
import { NO_SIBLINGS, type Siblings } from '../core/siblings.js'

/** How long a row may be used after it was read: what another replica changes is seen here that much later. */
const LIFETIME_MS = 500
const MAX_ROWS = 10_000

/** A short memory in front of a store. */
export interface ReadThrough<Row> {
  /** The row of a key, from memory or by `load`; loads of one key that overlap are one. */
  find(key: string, load: () => Promise<Row | undefined>): Promise<Row | undefined>
  /** Runs a write of the row of a key, or of several, after which no row read before its end is used any more. */
  write<T>(keys: string | readonly string[], work: () => Promise<T>): Promise<T>
  /** Runs a write of rows whose keys nobody knows, after which no row at all that was read before its end is used. */
  writeAny<T>(work: () => Promise<T>): Promise<T>
}

interface Loading<Row> {
  readonly startedAt: number
  readonly row: Promise<Row | undefined>
}

/** A memory of the same rows in each process of this machine. */
export interface SharedMemory {
  /** Tells it from other memories. */
  readonly name: string
  /** They are told of every write before it is acknowledged, so that they forget as well. */
  readonly siblings: Siblings
}

/**
 * Makes a memory of rows that were found. That a row was not found is never remembered: anyone can ask for keys that do
 * not exist, and would push out those that do, and hide one that is made a moment later.
 *
 * @param clock - of time that only ever passes: a wall clock that is set back would keep rows for longer
 */
export function readThrough<Row>(
  clock: Clock,
  { name, siblings }: SharedMemory = { name: '', siblings: NO_SIBLINGS },
): ReadThrough<Row> {
  const topic = `forget ${name}`
  const rows = new Map<string, { readonly readAt: number; readonly row: Row }>()
  const loads = new Map<string, Loading<Row>>()

  function isFresh(since: number): boolean {
    const age = clock() - since
    // A clock that was set back must not prolong anything.
    return age >= 0 && age < LIFETIME_MS
  }

  function remember(key: string, found: { readonly readAt: number; readonly row: Row }): void {
    // At the front of the map lies what was read first, which is what expires next.
    rows.delete(key)
    rows.set(key, found)
    if (rows.size <= MAX_ROWS) return
    for (const oldest of rows.keys()) {
      rows.delete(oldest)
      return
    }
  }

  async function settle(key: string, loading: Loading<Row>): Promise<void> {
    const row = await loading.row.catch(() => undefined)
    // A write has ended since, or a later load has taken over: this row may be old.
    if (loads.get(key) !== loading) return
    loads.delete(key)
    if (row !== undefined) remember(key, { readAt: loading.startedAt, row })
  }

  function forget(key: string): void {
    rows.delete(key)
    loads.delete(key)
  }

  function forgetAll(): void {
    rows.clear()
    loads.clear()
  }

  siblings.answer(topic, (keys) => {
    if (!Array.isArray(keys)) forgetAll()
    else for (const key of keys) if (typeof key === 'string') forget(key)
  })

  return {
    async find(key, load) {
      const known = rows.get(key)
      if (known && isFresh(known.readAt)) return known.row
      const running = loads.get(key)
      if (running && isFresh(running.startedAt)) return await running.row
      const loading = { startedAt: clock(), row: load() }
      loads.set(key, loading)
      void settle(key, loading)
      return await loading.row
    },
    // Both forget after a failure as well: the database may have done it before the connection was lost.
    async write(keys, work) {
      try {
        return await work()
      } finally {
        const all = typeof keys === 'string' ? [keys] : keys
        for (const key of all) forget(key)
        await siblings.ask(topic, all)
      }
    },
    async writeAny(work) {
      try {
        return await work()
      } finally {
        forgetAll()
        await siblings.ask(topic, 'all')
      }
    },
  }
}
