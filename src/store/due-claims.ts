import type { Kysely } from '../packages/kysely.js'
import type { Cmk } from '../core/cmk.js'
import { cmkOf } from './cmk-rows.js'
import { locksRows } from './row-locks.js'
import type { Tables } from './tables.js'

/** Takes CMKs whose work is due, so that nobody else takes them before `until`; longest due first. */
export async function claimDue(
  db: Kysely<Tables>,
  { now, until, limit }: { readonly now: number; readonly until: number; readonly limit: number },
): Promise<readonly Cmk[]> {
  const due = db
    .selectFrom('cmk')
    .select('id')
    .where('due_at', '<=', now)
    .where((row) => row.or([row('claimed_until', 'is', null), row('claimed_until', '<=', now)]))
    .orderBy('due_at')
    .limit(limit)
  // A row that another replica is taking is left to it; without that, this one would wait for it, and take nothing.
  const free = locksRows(db) ? due.forNoKeyUpdate().skipLocked() : due
  const rows = await db
    // PostgreSQL may run a subquery more than once, and would then take more rows than the limit.
    .with(
      (name) => name('due').materialized(),
      () => free,
    )
    .updateTable('cmk')
    .set({ claimed_until: until })
    .where('id', 'in', (row) => row.selectFrom('due').select('due.id'))
    .returningAll()
    .execute()
  return rows
    .toSorted((a, b) => (a.due_at ?? 0) - (b.due_at ?? 0) || (a.id < b.id ? -1 : 1))
    .map(cmkOf)
}
