import type { Kysely, Migration } from '../../packages/kysely.js'

/** An index over the end of imported material: whoever watches the service asks what lapses next. */
export const materialExpiry: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createIndex('cmk_material_expiry')
      .on('cmk')
      .column('material_expires_at')
      .where('material_expires_at' as never, 'is not', null)
      .execute()
  },
}
