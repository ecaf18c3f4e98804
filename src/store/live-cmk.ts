import type { Kysely } from '../packages/kysely.js'
import { KmsError } from '../core/errors.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import { lockProject } from './row-locks.js'
import type { Tables } from './tables.js'

/** What is counted in the row of a CMK. */
export type CmkCount = 'alias_count' | 'tag_count' | 'grant_count'

/** Holds the project of a CMK until the transaction ends, and reads what the CMK has. */
export async function holdLiveCmk(
  db: Kysely<Tables>,
  { projectId, keyId }: { readonly projectId: ProjectId; readonly keyId: KeyId },
) {
  await lockProject(db, projectId)
  const row = await db
    .selectFrom('cmk')
    .select(['id', 'created_at', 'alias_count', 'tag_count', 'grant_count'])
    .where('id', '=', keyId)
    .where('project_id', '=', projectId)
    .where('destroyed_at', 'is', null)
    .executeTakeFirst()
  // Who asks has seen the key a moment ago: since then it was destroyed.
  if (!row) throw new KmsError('KMS.0207', 'The key does not exist any more.')
  return row
}

/** Changes what is counted in the row of a CMK. Whoever calls this holds its project. */
export async function countOfCmk(
  db: Kysely<Tables>,
  keyId: KeyId,
  change: { readonly of: CmkCount; readonly by: number },
): Promise<void> {
  await db
    .updateTable('cmk')
    .set((row) => ({ [change.of]: row(change.of, '+', change.by) }))
    .where('id', '=', keyId)
    .execute()
}
