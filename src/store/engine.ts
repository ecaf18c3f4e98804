import type { Kysely } from '../packages/kysely.js'
import type { Tables } from './tables.js'

/** An open and migrated database of either kind. */
export interface Engine {
  readonly db: Kysely<Tables>
  /** Fails when the database does not answer or takes no writes. */
  readonly ping: () => Promise<void>
}
