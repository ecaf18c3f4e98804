import { type Static, Type } from '../packages/typebox.js'
import { isoTime } from '../core/iso-time.js'
import type { KeyPolicy } from '../core/key-space.js'
import { type PolicyDocument, parsePolicyDocument } from '../core/key-policy-document.js'
import { StaleRevision } from '../core/key-store.js'
import type { Service } from '../core/service.js'
import { ProjectPath } from './fields.js'
import { WireTime, sharedMembers } from './key-space-fields.js'
import type { Kind } from './key-space-objects.js'

/** Path of the calls on one key policy. */
export const KeyPolicyPath = Type.Object({
  ...ProjectPath.properties,
  policy_id: Type.String({ description: 'Key policy.' }),
})

/** A sample id and a sample policy for the documents. */
export const EXAMPLE_POLICY_ID = 'bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e'
export const EXAMPLE_POLICY: PolicyDocument = {
  version: '1.0',
  validity_period: { start_time: '2026-01-01T00:00:00Z', end_time: '2027-01-01T00:00:00Z' },
  allowed_access_point: ['5f3c9a52-6d1b-4c0e-9a61-0f4f6b1f2d11'],
}

const Period = Type.Object({
  start_time: Type.Optional(WireTime),
  end_time: Type.Optional(WireTime),
})

const Points = Type.Array(Type.String(), { description: 'Access points that may open capsules.' })

/** A policy in an answer. */
export const PolicyBody = Type.Object({
  version: Type.String({ description: 'Version of the policy.' }),
  validity_period: Type.Optional(Period),
  allowed_access_point: Type.Optional(Points),
})

/** A policy in the list, where the wire contract names two members in camel case. */
export const ListedPolicyBody = Type.Object({
  version: Type.String({ description: 'Version of the policy.' }),
  validityPeriod: Type.Optional(Period),
  allowedAccessPoint: Type.Optional(Points),
})

/** What the answers say of a policy besides what it rules. */
export const PolicyMembers = {
  policy_id: Type.String({ description: 'Id.' }),
  policy_name: Type.String({ description: 'Name.' }),
  keyspace_id: Type.String({ description: 'Key space.' }),
  description: Type.String({ description: 'Free text, may be empty.' }),
  created_by: Type.String({ description: 'User who made it.' }),
  create_time: WireTime,
  last_modify_time: WireTime,
  last_access_time: Type.String({ description: 'Last use by a capsule, ISO 8601; empty: none.' }),
}

/** Key policies of the service. */
export function keyPolicyKind({ keyPolicies }: Service): Kind<KeyPolicy> {
  return { store: keyPolicies, field: 'policy_id', noun: 'key policy' }
}

/** The policy that a row holds; it was judged when it was stored. */
export function documentOf({ policy }: KeyPolicy): PolicyDocument {
  return parsePolicyDocument(policy, 'policy')
}

/** Renders a policy document. */
export function policyBody(document: PolicyDocument): Static<typeof PolicyBody> {
  const { version, validity_period, allowed_access_point } = document
  return {
    version,
    ...(validity_period && { validity_period }),
    ...(allowed_access_point && { allowed_access_point: [...allowed_access_point] }),
  }
}

/** Renders {@link PolicyMembers}. */
export function policyMembers(policy: KeyPolicy) {
  return {
    policy_id: policy.id,
    policy_name: policy.name,
    ...sharedMembers(policy),
    description: policy.description,
    last_modify_time: isoTime(policy.modifiedAt),
    last_access_time: policy.lastAccessAt === undefined ? '' : isoTime(policy.lastAccessAt),
  }
}

/** Remembers that a capsule uses a policy, to the second: that is what the answers show. */
export async function markUsed({ keyPolicies, clock }: Service, policy: KeyPolicy): Promise<void> {
  const now = clock()
  if (policy.lastAccessAt !== undefined && isoTime(policy.lastAccessAt) >= isoTime(now)) return
  try {
    await keyPolicies.replace({ ...policy, lastAccessAt: now })
  } catch (error) {
    // Another use, or a change by its owner, was written in the same moment: it is not worth a second attempt.
    if (!(error instanceof StaleRevision)) throw error
  }
}
