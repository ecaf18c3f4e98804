import { type Kysely, Migrator } from '../../src/packages/kysely.js'
import { MIGRATIONS } from '../../src/store/migrations/index.js'

/** Brings an empty database to where an older release left it, and closes it. */
export async function migrateOnlyTo(db: Kysely<unknown>, migration: string): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) }
  const { error } = await new Migrator({ db, provider }).migrateTo(migration)
  await db.destroy()
  if (error !== undefined) throw new Error('The migration failed.', { cause: error })
}
