import { Type } from '../packages/typebox.js'
import { ProjectPath } from './fields.js'
import {
  ListedPolicyBody,
  PolicyMembers,
  documentOf,
  policyBody,
  policyMembers,
} from './key-policy.js'
import { KEY_SPACE_LIST_ERRORS, KeySpaceQuery, PageInfo, listPage } from './key-space-fields.js'
import { defineOperation } from './operation.js'

/** Lists the key policies of a key space. */
export const listKeyPolicy = defineOperation({
  name: 'ListKeyPolicy',
  group: 'Trusted key space',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/key-policies',
  action: 'kms:keyPolicy:list',
  identityAction: 'kms:keyPolicy:list',
  target: 'project',
  summary: 'List the key policies of a key space.',
  request: { path: ProjectPath, query: KeySpaceQuery },
  response: Type.Object({
    page_info: PageInfo,
    keyspace_policies: Type.Array(Type.Object({ ...PolicyMembers, policy: ListedPolicyBody }), {
      description: 'By id.',
    }),
  }),
  status: 200,
  errors: KEY_SPACE_LIST_ERRORS,
  example: {
    response: { page_info: { next_marker: '', current_count: 0 }, keyspace_policies: [] },
  },
  async handle({ query }, { keyPolicies }, call) {
    const { items, page_info } = await listPage(keyPolicies, call, query)
    return {
      page_info,
      keyspace_policies: items.map((item) => {
        const { version, validity_period, allowed_access_point } = policyBody(documentOf(item))
        return {
          ...policyMembers(item),
          policy: {
            version,
            ...(validity_period && { validityPeriod: validity_period }),
            ...(allowed_access_point && { allowedAccessPoint: allowed_access_point }),
          },
        }
      }),
    }
  },
})
