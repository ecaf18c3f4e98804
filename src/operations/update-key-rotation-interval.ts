import { Type } from '../packages/typebox.js'
import { parseWhole } from '../core/datakey.js'
import { ROTATION_DAYS, changeInterval } from '../core/rotation.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence, WholeNumber } from './fields.js'
import { defineOperation } from './operation.js'
import { ROTATION_ERRORS } from './rotation-errors.js'

/** Changes how often the material of a CMK is replaced. */
export const updateKeyRotationInterval = defineOperation({
  name: 'UpdateKeyRotationInterval',
  group: 'Rotation',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/update-key-rotation-interval',
  action: 'kms:cmk:updateRotation',
  identityAction: 'kms:cmk:updateRotation',
  target: 'key',
  summary: 'Change the interval of rotation of a key.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      key_id: KeyIdField,
      rotation_interval: WholeNumber({
        description: `Days between two rotations, ${ROTATION_DAYS.min} to ${ROTATION_DAYS.max}.`,
        code: 'KMS.3001',
        expected: `a whole number of days from ${ROTATION_DAYS.min} to ${ROTATION_DAYS.max}`,
      }),
      sequence: Sequence,
    }),
  },
  response: Type.Object({}),
  status: 200,
  errors: [...ROTATION_ERRORS, 'KMS.0313', 'KMS.3001'],
  example: { request: { key_id: EXAMPLE_KEY_ID, rotation_interval: 90 }, response: {} },
  async handle({ body }, service, call) {
    const days = parseWhole(body.rotation_interval, {
      ...ROTATION_DAYS,
      field: 'rotation_interval',
      code: 'KMS.3001',
    })
    await changeCmk(service, call, {
      reference: body.key_id,
      change: (cmk) => changeInterval(cmk, days),
    })
    return {}
  },
})
