import { Type } from '../packages/typebox.js'
import {
  EXAMPLE_POLICY,
  EXAMPLE_POLICY_ID,
  KeyPolicyPath,
  PolicyBody,
  PolicyMembers,
  documentOf,
  keyPolicyKind,
  policyBody,
  policyMembers,
} from './key-policy.js'
import { loadObject } from './key-space-objects.js'
import { defineOperation } from './operation.js'

/** Shows a key policy. */
export const showKeyPolicy = defineOperation({
  name: 'ShowKeyPolicy',
  group: 'Trusted key space',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/key-policies/{policy_id}',
  action: 'kms:keyPolicy:get',
  identityAction: 'kms:keyPolicy:get',
  target: 'project',
  summary: 'Show a key policy.',
  request: { path: KeyPolicyPath },
  response: Type.Object({ ...PolicyMembers, policy: PolicyBody }),
  status: 200,
  errors: ['KMS.0308'],
  example: {
    response: {
      policy_id: EXAMPLE_POLICY_ID,
      policy_name: 'billing-2026',
      keyspace_id: '7a1e1f0c-9f5b-4f0b-8f3d-2c9d5f9a4b10',
      policy: policyBody(EXAMPLE_POLICY),
      description: '',
      created_by: 'admin',
      create_time: '2026-01-01T00:00:00Z',
      last_modify_time: '2026-01-01T00:00:00Z',
      last_access_time: '',
    },
  },
  async handle({ path }, service, call) {
    const item = await loadObject(keyPolicyKind(service), call, path.policy_id)
    return { ...policyMembers(item), policy: policyBody(documentOf(item)) }
  },
})
