import { type Kysely, sql } from '../packages/kysely.js'
import { StaleRevision } from '../core/key-store.js'
import { isStorable } from './storable.js'
import type { Tables } from './tables.js'

/** The row of a table that has these texts in these columns; nothing where none has, or where no row can have them. */
export async function findRow<Name extends keyof Tables>(
  db: Kysely<Tables>,
  table: Name,
  by: Readonly<Partial<Record<keyof Tables[Name] & string, string>>>,
): Promise<Tables[Name] | undefined> {
  const columns = Object.entries<string | undefined>(by)
  if (!columns.every(([, text]) => text !== undefined && isStorable(text))) return undefined
  const { rows } = await sql<Tables[Name]>`
    select * from ${sql.table(table)} where ${allOf(columns)}`.execute(db)
  return rows[0]
}

/**
 * Replaces the row of a revision by its next one. `fixed`: columns that tell which row it is, and that never change.
 *
 * @throws StaleRevision when there is no such row of that revision
 */
export async function replaceRow<Row extends { readonly revision: number }>(
  db: Kysely<Tables>,
  table: keyof Tables,
  row: Row,
  { fixed, what }: { readonly fixed: readonly (keyof Row & string)[]; readonly what: string },
): Promise<void> {
  const { revision } = row
  const isFixed = new Set<string>(fixed)
  const changes = Object.entries({ ...row, revision: revision + 1 }).filter(
    ([name]) => !isFixed.has(name),
  )
  const place = [
    ...fixed.map((name) => [name, row[name]] as const),
    ['revision', revision] as const,
  ]
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} set ${sql.join(changes.map(equal))} where ${allOf(place)}`.execute(
    db,
  )
  if (numAffectedRows === 1n) return
  throw new StaleRevision(`The ${what} was changed by another writer since it was read.`)
}

function allOf(columns: readonly (readonly [string, unknown])[]) {
  return sql.join(columns.map(equal), sql` and `)
}

function equal([name, value]: readonly [string, unknown]) {
  return sql`${sql.ref(name)} = ${value}`
}
