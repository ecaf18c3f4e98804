import { Type } from '../packages/typebox.js'
import { ALIASES_PER_KEY } from '../core/alias.js'
import { KmsError } from '../core/errors.js'
import { AliasField, storedAlias } from './alias-fields.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, failing } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

const Body = Type.Object({
  key_id: KeyIdField,
  aliases: Type.Array(AliasField, {
    description: `Aliases of the key, 1 to ${ALIASES_PER_KEY}.`,
    minItems: 1,
    maxItems: ALIASES_PER_KEY,
    ...failing({
      code: 'KMS.1101',
      expected: `a list of 1 to ${ALIASES_PER_KEY} aliases, each alias/ and a name`,
    }),
  }),
})

/** Deletes aliases of a CMK, all that are named or none. */
export const deleteAlias = defineOperation({
  name: 'DeleteAlias',
  group: 'Aliases',
  method: 'DELETE',
  path: '/v1.0/{project_id}/kms/aliases',
  action: 'kms:alias:delete',
  identityAction: 'kms:alias:delete',
  target: 'key',
  summary: 'Delete aliases of a key. DELETE with a JSON body.',
  request: { path: ProjectPath, body: Body },
  response: Type.Null(),
  status: 204,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.1101'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, aliases: ['alias/kms-1234'] },
    response: null,
  },
  async handle({ body }, service, call) {
    const { projectId, id: keyId } = await loadCmk(service, call, body.key_id)
    const names = [...new Set(body.aliases.map(storedAlias))]
    const missing = await service.aliases.remove({ projectId, keyId, names })
    if (missing.length > 0) {
      throw new KmsError(
        'KMS.0308',
        `aliases must all be aliases of the key: ${missing.length} of them are not, so none was deleted.`,
      )
    }
    return null
  },
})
