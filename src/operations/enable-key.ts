import { Type } from '../packages/typebox.js'
import { enable } from '../core/life-cycle.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { changeCmk } from './change-cmk.js'
import { ChangedState, changedState } from './changed-state.js'
import { KeyReference, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'

/** Puts a disabled CMK back into service. */
export const enableKey = defineOperation({
  name: 'EnableKey',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/enable-key',
  action: 'kms:cmk:enable',
  identityAction: 'kms:cmk:enable',
  target: 'key',
  summary: 'Put a disabled key back into service.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyReference, sequence: Sequence }) },
  response: ChangedState,
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1201'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: {
      key_info: { key_id: EXAMPLE_KEY_ID, key_state: '2' },
    },
  },
  async handle({ body }, service, call) {
    return changedState(await changeCmk(service, call, { reference: body.key_id, change: enable }))
  },
})
