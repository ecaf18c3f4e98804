import type { Kysely } from '../packages/kysely.js'
import { StoreUnavailable } from '../core/key-store.js'
import { guarded } from './failures.js'
import type { Tables } from './tables.js'

/** The way of every call of the stores to their database. */
export interface Calls {
  /** Runs one call; whatever fails in it comes out as an error of the store ports. */
  run<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  /** Refuses every new call with StoreUnavailable, and closes the database when those under way are done. */
  close(): Promise<void>
}

/** Makes the way of calls to a database. */
export function callsTo(db: Kysely<Tables>): Calls {
  const underWay = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined

  async function finish(): Promise<void> {
    await Promise.allSettled(underWay)
    await guarded(() => db.destroy())
  }

  return {
    async run(work) {
      if (closed) throw new StoreUnavailable('The database was closed.')
      const call = guarded(() => work(db))
      underWay.add(call)
      try {
        return await call
      } finally {
        underWay.delete(call)
      }
    },
    close: () => (closed ??= finish()),
  }
}
