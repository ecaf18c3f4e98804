import { Type } from '../packages/typebox.js'
import { OneOf, ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'

const Quota = Type.Object({
  type: OneOf(['CMK', 'grant_per_CMK'], { description: 'Name of the quota.', code: 'KMS.0308' }),
  used: Type.Integer({
    description: 'In use: keys of the project, or grants on the key that has the most of them.',
  }),
  quota: Type.Integer({ description: 'Ceiling.' }),
})

/** Shows the quotas of the project and how far they are used. */
export const showUserQuotas = defineOperation({
  name: 'ShowUserQuotas',
  group: 'Key queries',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/user-quotas',
  action: 'kms:cmk:getQuota',
  identityAction: 'kms:cmk:getQuota',
  target: 'project',
  summary: 'Show quotas and usage.',
  request: { path: ProjectPath },
  response: Type.Object({
    quotas: Type.Object({ resources: Type.Array(Quota, { description: 'One entry per quota.' }) }),
  }),
  status: 200,
  errors: [],
  example: {
    response: {
      quotas: {
        resources: [
          { type: 'CMK', used: 15, quota: 20 },
          { type: 'grant_per_CMK', used: 15, quota: 100 },
        ],
      },
    },
  },
  async handle(_input, { keys, grants, cmkQuota, grantQuota }, { caller }) {
    const [cmks, highest] = await Promise.all([
      keys.countByProject(caller.projectId),
      grants.highestCount(caller.projectId),
    ])
    return {
      quotas: {
        resources: [
          { type: 'CMK' as const, used: cmks, quota: cmkQuota },
          { type: 'grant_per_CMK' as const, used: highest, quota: grantQuota },
        ],
      },
    }
  },
})
