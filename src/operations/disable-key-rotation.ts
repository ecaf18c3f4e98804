import { Type } from '../packages/typebox.js'
import { disableRotation } from '../core/rotation.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'
import { ROTATION_ERRORS } from './rotation-errors.js'

/** Has the material of a CMK replaced no more. */
export const disableKeyRotation = defineOperation({
  name: 'DisableKeyRotation',
  group: 'Rotation',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/disable-key-rotation',
  action: 'kms:cmk:disableRotation',
  identityAction: 'kms:cmk:disableRotation',
  target: 'key',
  summary: 'Stop the rotation of a key.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, sequence: Sequence }) },
  response: Type.Object({}),
  status: 200,
  errors: [...ROTATION_ERRORS, 'KMS.0313'],
  example: { request: { key_id: EXAMPLE_KEY_ID }, response: {} },
  async handle({ body }, service, call) {
    await changeCmk(service, call, {
      reference: body.key_id,
      change: disableRotation,
    })
    return {}
  },
})
