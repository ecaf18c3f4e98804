import { Type } from '../packages/typebox.js'
import { disable } from '../core/life-cycle.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { changeCmk } from './change-cmk.js'
import { ChangedState, changedState } from './changed-state.js'
import { KeyReference, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'

/** Takes an enabled CMK out of service. */
export const disableKey = defineOperation({
  name: 'DisableKey',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/disable-key',
  action: 'kms:cmk:disable',
  identityAction: 'kms:cmk:disable',
  target: 'key',
  summary: 'Take an enabled key out of service without deleting it.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyReference, sequence: Sequence }) },
  response: ChangedState,
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0210', 'KMS.1301'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: {
      key_info: { key_id: EXAMPLE_KEY_ID, key_state: '3' },
    },
  },
  async handle({ body }, service, call) {
    return changedState(await changeCmk(service, call, { reference: body.key_id, change: disable }))
  },
})
