import { Type } from '../packages/typebox.js'
import { parseWhole } from '../core/datakey.js'
import { PENDING_DAYS, scheduleDeletion } from '../core/life-cycle.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, KeyStateField, ProjectPath, Sequence, WholeNumber } from './fields.js'
import { defineOperation } from './operation.js'

const { min, max } = PENDING_DAYS

/** Schedules the destruction of a CMK. */
export const deleteKey = defineOperation({
  name: 'DeleteKey',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/schedule-key-deletion',
  action: 'kms:cmk:update',
  identityAction: 'kms:cmk:scheduleKeyDeletion',
  target: 'key',
  summary: 'Schedule the destruction of a key.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      key_id: KeyIdField,
      pending_days: WholeNumber({
        description: `Days until the key is destroyed, ${min} to ${max}.`,
        code: 'KMS.1401',
        expected: `a whole number of days from ${min} to ${max}`,
      }),
      sequence: Sequence,
    }),
  },
  response: Type.Object({
    key_id: Type.String({ description: 'Key id.' }),
    key_state: KeyStateField,
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.1401', 'KMS.1402'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, pending_days: '7' },
    response: { key_id: EXAMPLE_KEY_ID, key_state: '4' },
  },
  async handle({ body }, service, call) {
    const days = parseWhole(body.pending_days, {
      field: 'pending_days',
      min,
      max,
      code: 'KMS.1401',
    })
    const { id, state } = await changeCmk(service, call, {
      reference: body.key_id,
      change: (cmk) => scheduleDeletion(cmk, { days, now: service.clock() }),
    })
    return { key_id: id, key_state: state }
  },
})
