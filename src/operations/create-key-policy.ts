import { Type } from '../packages/typebox.js'
import { newKeyId } from '../core/ids.js'
import { parsePolicyDocument } from '../core/key-policy-document.js'
import { ProjectPath } from './fields.js'
import { EXAMPLE_POLICY, EXAMPLE_POLICY_ID } from './key-policy.js'
import {
  KeySpaceId,
  KeySpaceName,
  PolicyText,
  StoredText,
  newKeySpaceObject,
} from './key-space-fields.js'
import { defineOperation } from './operation.js'

/** Stores a key policy, for capsules that name it. */
export const createKeyPolicy = defineOperation({
  name: 'CreateKeyPolicy',
  group: 'Trusted key space',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/key-policies',
  action: 'kms:keyPolicy:create',
  identityAction: 'kms:keyPolicy:create',
  target: 'project',
  summary: 'Create a key policy, which rules who opens the capsules that name it, and when.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      keyspace_id: KeySpaceId,
      policy_name: KeySpaceName,
      policy: PolicyText,
      description: StoredText({ description: 'Free text.', maxLength: 255 }),
    }),
  },
  response: Type.Object({ policy_id: Type.String({ description: 'Id of the new one.' }) }),
  status: 200,
  errors: [],
  example: {
    request: {
      keyspace_id: '7a1e1f0c-9f5b-4f0b-8f3d-2c9d5f9a4b10',
      policy_name: 'billing-2026',
      policy: JSON.stringify(EXAMPLE_POLICY),
    },
    response: { policy_id: EXAMPLE_POLICY_ID },
  },
  async handle({ body }, service, call) {
    // Written anew, so that what is shown is what is judged: JSON may name a member twice.
    const policy = JSON.stringify(parsePolicyDocument(body.policy, 'policy'))
    const made = { id: newKeyId(), name: body.policy_name, now: service.clock() }
    const shared = newKeySpaceObject(body, made, call)
    await service.keyPolicies.insert({ ...shared, policy, lastAccessAt: undefined })
    return { policy_id: shared.id }
  },
})
