import type { Kysely, Migration } from '../../packages/kysely.js'
import { createDirectory } from './002-directory.js'
import { createKeySpace } from './002-key-space.js'
import { rebuildKeys } from './002-keys.js'

/** What the whole API needs: the life of a CMK to its end, names, tags, grants, keystores, imports, the key space. */
export const wholeApi: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await rebuildKeys(db)
    await createDirectory(db)
    await createKeySpace(db)
  },
}
