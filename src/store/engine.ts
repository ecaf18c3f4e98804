import type { Kysely } from 'kysely'
import type { Tables } from './tables.js'

/** An open and migrated database of either kind. */
export interface Engine {
  readonly db: Kysely<Tables>
  /** Fails when the database does not answer or takes no writes. */
  readonly ping: () => Promise<void>
}
