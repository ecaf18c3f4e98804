import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { ProjectPath, failing } from './fields.js'

/** Path of the calls on one key in version 2 of the API. */
export const KeyPath = Type.Object({
  ...ProjectPath.properties,
  key_id: Type.String({ description: 'Key id; the body repeats it.' }),
})

/** Id of a region. */
export const RegionField = Type.String({
  description: 'Region id.',
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  ...failing({
    code: 'KMS.0308',
    expected: 'a region id: 1 to 64 letters, digits, dashes or underscores',
  }),
})

/** Refuses a call whose path names another key than its body. */
export function requireSameKey(
  path: { readonly key_id: string },
  body: { readonly key_id: string },
) {
  if (path.key_id === body.key_id) return
  throw new KmsError('KMS.0308', 'key_id must be the same in the path and in the body.')
}
