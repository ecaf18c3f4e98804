import { disable } from '../core/cmk.js'
import { ChangedState, StateChange, changeState } from './change-state.js'
import { ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'

/** Takes an enabled CMK out of service. */
export const disableKey = defineOperation({
  name: 'DisableKey',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/disable-key',
  action: 'kms:cmk:disable',
  summary: 'Take an enabled key out of service without deleting it.',
  request: { path: ProjectPath, body: StateChange },
  response: ChangedState,
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1301'],
  example: {
    request: { key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f' },
    response: {
      key_info: { key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f', key_state: '3' },
    },
  },
  handle({ body }, service, call) {
    return changeState(service, call, { reference: body.key_id, transition: disable })
  },
})
