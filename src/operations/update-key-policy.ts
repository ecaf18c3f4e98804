import { Type } from '../packages/typebox.js'
import { isoTime } from '../core/iso-time.js'
import { parsePolicyDocument } from '../core/key-policy-document.js'
import {
  EXAMPLE_POLICY,
  EXAMPLE_POLICY_ID,
  KeyPolicyPath,
  PolicyBody,
  documentOf,
  keyPolicyKind,
  policyBody,
} from './key-policy.js'
import { PolicyText, StoredText, WireTime } from './key-space-fields.js'
import { changeObject } from './key-space-objects.js'
import { defineOperation } from './operation.js'

/** Replaces a key policy; the capsules that name it follow the new one. */
export const updateKeyPolicy = defineOperation({
  name: 'UpdateKeyPolicy',
  group: 'Trusted key space',
  method: 'PUT',
  path: '/v1.0/{project_id}/kms/key-policies/{policy_id}',
  action: 'kms:keyPolicy:update',
  identityAction: 'kms:keyPolicy:update',
  target: 'project',
  summary: 'Replace a key policy; the capsules that name it follow the new one.',
  request: {
    path: KeyPolicyPath,
    body: Type.Object({
      policy: PolicyText,
      description: StoredText({ description: 'Free text; absent: as it was.', maxLength: 255 }),
    }),
  },
  response: Type.Object({
    policy_id: Type.String({ description: 'Id.' }),
    policy: PolicyBody,
    description: Type.String({ description: 'Free text, may be empty.' }),
    last_modify_time: WireTime,
  }),
  status: 200,
  errors: [],
  example: {
    request: { policy: JSON.stringify(EXAMPLE_POLICY) },
    response: {
      policy_id: EXAMPLE_POLICY_ID,
      policy: policyBody(EXAMPLE_POLICY),
      description: '',
      last_modify_time: '2026-01-01T00:00:00Z',
    },
  },
  async handle({ path, body }, service, call) {
    const policy = JSON.stringify(parsePolicyDocument(body.policy, 'policy'))
    const item = await changeObject(keyPolicyKind(service), call, {
      id: path.policy_id,
      change: (before) => ({
        ...before,
        policy,
        description: body.description ?? before.description,
        modifiedAt: service.clock(),
      }),
    })
    return {
      policy_id: item.id,
      policy: policyBody(documentOf(item)),
      description: item.description,
      last_modify_time: isoTime(item.modifiedAt),
    }
  },
})
