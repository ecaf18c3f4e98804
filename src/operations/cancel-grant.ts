import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { ProjectPath } from './fields.js'
import {
  END_OF_GRANT_ERRORS,
  EXAMPLE_GRANT_ID,
  EndOfGrant,
  endGrant,
  loadGrant,
} from './grant-fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

/** Revokes a grant: the project of the key may, whoever gave it. */
export const cancelGrant = defineOperation({
  name: 'CancelGrant',
  group: 'Grants',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/revoke-grant',
  action: 'kms:grant:revoke',
  identityAction: 'kms:cmk:revokeGrant',
  target: 'key',
  summary: 'Revoke a grant, as the key owner.',
  request: { path: ProjectPath, body: EndOfGrant },
  response: Type.Object({}),
  status: 200,
  errors: END_OF_GRANT_ERRORS,
  example: {
    request: { key_id: EXAMPLE_KEY_ID, grant_id: EXAMPLE_GRANT_ID },
    response: {},
  },
  async handle({ body }, service, call) {
    const grant = await loadGrant(service, call, body)
    if (grant.projectId !== call.caller.projectId) {
      throw new KmsError(
        'KMS.0306',
        'Only the project of the key may revoke a grant; a party to it may retire it.',
      )
    }
    await loadCmk(service, call, body.key_id)
    await endGrant(service.grants, grant)
    return {}
  },
})
