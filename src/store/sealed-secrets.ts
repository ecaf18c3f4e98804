import type { Kysely } from '../packages/kysely.js'
import { accessPointOwner } from '../core/access-point-key.js'
import { accessKeyOwner } from '../core/credential.js'
import type { SealedSecret, SealedSecretStore } from '../core/sealed-secrets.js'
import type { Calls } from './calls.js'
import type { Tables } from './tables.js'

/** The sealed secrets in the tables of a database. What is read of a secret meanwhile opens as before: it stays the same. */
export function sqlSealedSecretStore(calls: Calls): SealedSecretStore {
  return {
    list: () => calls.run((db) => list(db)),
    replace: (secret, record) => calls.run((db) => replace(db, secret, record)),
  }
}

async function list(db: Kysely<Tables>): Promise<readonly SealedSecret[]> {
  const accessKeys = await db
    .selectFrom('access_key')
    .select(['id', 'project_id', 'domain_id', 'user_id', 'sealed_secret'])
    .orderBy('id')
    .execute()
  const points = await db
    .selectFrom('access_point')
    .select(['id', 'project_id', 'sealed_private_key'])
    .where('sealed_private_key', 'is not', null)
    .orderBy('id')
    .execute()
  return [
    ...accessKeys.map((row) => ({
      kind: 'access-key' as const,
      id: row.id,
      owner: accessKeyOwner({
        accessKeyId: row.id,
        projectId: row.project_id,
        domainId: row.domain_id,
        userId: row.user_id,
      }),
      record: new Uint8Array(row.sealed_secret),
    })),
    ...points.map(({ id, project_id, sealed_private_key: record }) => ({
      kind: 'access-point' as const,
      id,
      owner: accessPointOwner({ id, projectId: project_id }),
      record: new Uint8Array(record ?? []),
    })),
  ]
}

async function replace(
  db: Kysely<Tables>,
  { kind, id, record: before }: SealedSecret,
  record: Uint8Array,
): Promise<boolean> {
  const written =
    kind === 'access-key'
      ? await db
          .updateTable('access_key')
          .set({ sealed_secret: record })
          .where('id', '=', id)
          .where('sealed_secret', '=', before)
          .executeTakeFirst()
      : await db
          .updateTable('access_point')
          .set({ sealed_private_key: record })
          .where('id', '=', id)
          .where('sealed_private_key', '=', before)
          .executeTakeFirst()
  return written.numUpdatedRows === 1n
}
