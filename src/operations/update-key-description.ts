import { Type } from '../packages/typebox.js'
import { describe } from '../core/life-cycle.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyDescriptionField, KeyIdField, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'

/** Gives a CMK another description. */
export const updateKeyDescription = defineOperation({
  name: 'UpdateKeyDescription',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/update-key-description',
  action: 'kms:cmk:update',
  identityAction: 'kms:cmk:updateKeyDescription',
  target: 'key',
  summary: 'Change the description of a key.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      key_id: KeyIdField,
      key_description: KeyDescriptionField,
      sequence: Sequence,
    }),
  },
  response: Type.Object({
    key_info: Type.Object({
      key_id: Type.String({ description: 'Key id.' }),
      key_description: Type.String({ description: 'Description after the change.' }),
    }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1103'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, key_description: 'for the archive' },
    response: { key_info: { key_id: EXAMPLE_KEY_ID, key_description: 'for the archive' } },
  },
  async handle({ body }, service, call) {
    const { id, description } = await changeCmk(service, call, {
      reference: body.key_id,
      change: (cmk) => describe(cmk, body.key_description),
    })
    return { key_info: { key_id: id, key_description: description } }
  },
})
