import type { Kysely, SelectQueryBuilder } from '../packages/kysely.js'
import { OUTLOOK_COUNT_LIMIT, type Outlook, type OutlookStore } from '../core/outlook.js'
import type { Calls } from './calls.js'
import type { Tables } from './tables.js'

/** What lies ahead in a database: each question is answered from an index, and ends after 1000 rows. */
export function sqlOutlookStore(calls: Calls): OutlookStore {
  return { look: (moment) => calls.run((db) => look(db, moment)) }
}

async function look(
  db: Kysely<Tables>,
  { now, overdueSince, soon }: Parameters<OutlookStore['look']>[0],
): Promise<Outlook> {
  const cmks = db.selectFrom('cmk')
  const pairs = db.selectFrom('import_pair').select('expires_at as time')
  const due = [
    ...(await earliest(cmks.select('due_at as time').where('due_at', '<=', now))),
    ...(await earliest(pairs.where('expires_at', '<=', now))),
  ]
  // Material that lapsed already is due work.
  const lapses = await earliest(
    cmks
      .select('material_expires_at as time')
      .where('material_expires_at', '>', now)
      .where('destroyed_at', 'is', null),
  )
  const parameters = await earliest(pairs.where('expires_at', '>', now))
  return {
    due: capped(due),
    overdue: capped(due.filter((time) => time <= overdueSince)),
    oldestDueAt: due.length === 0 ? undefined : Math.min(...due),
    materialExpiresAt: lapses[0],
    materialExpiring: capped(lapses.filter((time) => time <= soon)),
    importParameters: capped(parameters),
    importParametersExpireAt: parameters[0],
  }
}

function capped(times: readonly number[]): number {
  return Math.min(times.length, OUTLOOK_COUNT_LIMIT)
}

/** The first times that a query finds, in their order. */
async function earliest<Table extends keyof Tables>(
  query: SelectQueryBuilder<Tables, Table, { readonly time: number | null }>,
): Promise<readonly number[]> {
  const rows = await query.orderBy('time').limit(OUTLOOK_COUNT_LIMIT).execute()
  return rows.flatMap(({ time }) => time ?? [])
}
