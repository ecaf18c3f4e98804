import { Type } from '../packages/typebox.js'
import { KeyPolicyPath, keyPolicyKind } from './key-policy.js'
import { removeObject } from './key-space-objects.js'
import { defineOperation } from './operation.js'

/** Deletes a key policy. */
export const deleteKeyPolicy = defineOperation({
  name: 'DeleteKeyPolicy',
  group: 'Trusted key space',
  method: 'DELETE',
  path: '/v1.0/{project_id}/kms/key-policies/{policy_id}',
  action: 'kms:keyPolicy:delete',
  identityAction: 'kms:keyPolicy:delete',
  target: 'project',
  summary: 'Delete a key policy; the capsules that name it stay closed for good.',
  request: { path: KeyPolicyPath },
  response: Type.Object({}),
  status: 204,
  errors: ['KMS.0308'],
  example: { response: {} },
  async handle({ path }, service, call) {
    await removeObject(keyPolicyKind(service), call, path.policy_id)
    return {}
  },
})
