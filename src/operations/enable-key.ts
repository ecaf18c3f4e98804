import { enable } from '../core/cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { ChangedState, StateChange, changeState } from './change-state.js'
import { ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'

/** Puts a disabled CMK back into service. */
export const enableKey = defineOperation({
  name: 'EnableKey',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/enable-key',
  action: 'kms:cmk:enable',
  summary: 'Put a disabled key back into service.',
  request: { path: ProjectPath, body: StateChange },
  response: ChangedState,
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1201'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: {
      key_info: { key_id: EXAMPLE_KEY_ID, key_state: '2' },
    },
  },
  handle({ body }, service, call) {
    return changeState(service, call, { reference: body.key_id, transition: enable })
  },
})
