import { Type } from '../packages/typebox.js'
import { enableRotation } from '../core/rotation.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'
import { ROTATION_ERRORS } from './rotation-errors.js'

/** Has the material of a CMK replaced at an interval. */
export const enableKeyRotation = defineOperation({
  name: 'EnableKeyRotation',
  group: 'Rotation',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/enable-key-rotation',
  action: 'kms:cmk:enableRotation',
  identityAction: 'kms:cmk:enableRotation',
  target: 'key',
  summary: 'Have a key rotated at an interval.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, sequence: Sequence }) },
  response: Type.Object({}),
  status: 200,
  errors: [...ROTATION_ERRORS, 'KMS.2901'],
  example: { request: { key_id: EXAMPLE_KEY_ID }, response: {} },
  async handle({ body }, service, call) {
    await changeCmk(service, call, {
      reference: body.key_id,
      change: (cmk) => enableRotation(cmk, service.clock()),
    })
    return {}
  },
})
