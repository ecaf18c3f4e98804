import { Type } from '../packages/typebox.js'
import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { Service } from '../core/service.js'
import { KEY_ID_PATTERN, KeyIdField, ProjectPath } from './fields.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/** Path parameters of the calls on the tags of one key. */
export const TaggedKeyPath = Type.Object({ ...ProjectPath.properties, key_id: KeyIdField })

/** A tag as a request carries it: what its texts may be is judged in core, which knows a code for each fault. */
export const TagItem = Type.Object({
  key: Type.String({
    description: '1 to 36 characters, none of * < > \\ = and no control characters.',
  }),
  value: Type.Optional(
    Type.String({ description: 'Up to 43 characters of the same kind; may be empty.' }),
  ),
})

/** A tag as an answer carries it. */
export const TagDetails = Type.Object({
  key: Type.String({ description: 'Key of the tag.' }),
  value: Type.String({ description: 'Value of the tag, may be empty.' }),
})

/** A tag key with its values. */
export const TagValues = Type.Object({
  key: Type.String({ description: 'Key of the tag.' }),
  values: Type.Array(Type.String(), { description: 'Values of the tag.' }),
})

/** Errors of the calls that set tags. */
export const TAG_WRITE_ERRORS = [
  'KMS.0205',
  'KMS.0207',
  'KMS.0405',
  'KMS.0406',
  'KMS.0409',
  'KMS.0410',
  'KMS.0411',
  'KMS.0412',
] as const

const KEY_ID = new RegExp(KEY_ID_PATTERN)

/**
 * Finds the CMK whose id stands in the path. Tags can be read and written in every state of a CMK but that of a
 * destroyed one.
 *
 * @throws KmsError KMS.0205 when the path holds no key id, KMS.0207 when there is no such key
 */
export function loadTaggedCmk(
  service: Service,
  call: ProjectCall,
  { key_id: keyId }: { readonly key_id: string },
): Promise<Cmk> {
  // A path has no schema that is enforced on the way here.
  if (!KEY_ID.test(keyId)) {
    throw new KmsError(
      'KMS.0205',
      'key_id in the path must be a key id of 36 lower-case characters.',
    )
  }
  return loadCmk(service, call, keyId)
}
