import { Type } from '../packages/typebox.js'
import { parseKeyAlias } from '../core/key-alias.js'
import { rename } from '../core/life-cycle.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyAliasField, KeyIdField, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'

/** Gives a CMK another name. */
export const updateKeyAlias = defineOperation({
  name: 'UpdateKeyAlias',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/update-key-alias',
  action: 'kms:cmk:update',
  identityAction: 'kms:cmk:updateKeyAlias',
  target: 'key',
  summary: 'Rename a key.',
  request: {
    path: ProjectPath,
    body: Type.Object({ key_id: KeyIdField, key_alias: KeyAliasField, sequence: Sequence }),
  },
  response: Type.Object({
    key_info: Type.Object({
      key_id: Type.String({ description: 'Key id.' }),
      key_alias: Type.String({ description: 'Name after the change.' }),
    }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1101', 'KMS.1104'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, key_alias: 'test' },
    response: { key_info: { key_id: EXAMPLE_KEY_ID, key_alias: 'test' } },
  },
  async handle({ body }, service, call) {
    const name = parseKeyAlias(body.key_alias)
    const { id, alias } = await changeCmk(service, call, {
      reference: body.key_id,
      change: (cmk) => rename(cmk, name),
    })
    return { key_info: { key_id: id, key_alias: alias } }
  },
})
