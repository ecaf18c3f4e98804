import { type Kysely, Migrator, sql } from '../packages/kysely.js'
import { MIGRATIONS } from './migrations/index.js'

/** The database holds what a newer release of the service made of it. */
export class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase'
}

/**
 * Brings a database to the state that this release needs, all or nothing; of several processes that do so at once one
 * does the work and the others wait for it.
 *
 * @throws NewerDatabase when a newer release has migrated it already
 */
export async function migrate<Schema>(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const unknown = await findUnknownMigration(db).catch(() => undefined)
  throw failureOf(error, unknown)
}

function failureOf(error: unknown, unknownMigration: string | undefined): unknown {
  if (unknownMigration === undefined) return error
  return new NewerDatabase(
    `The database belongs to a newer release of the service: it has the migration ${unknownMigration}, which this ` +
      'release does not know. Start that release, or restore a backup that was made before it.',
    { cause: error },
  )
}

async function findUnknownMigration<Schema>(db: Kysely<Schema>): Promise<string | undefined> {
  const { rows } = await sql<{
    name: string
  }>`select name from kysely_migration order by name`.execute(db)
  return rows.map(({ name }) => name).find((name) => !(name in MIGRATIONS))
}
