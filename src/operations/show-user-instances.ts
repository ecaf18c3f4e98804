import { Type } from '../packages/typebox.js'
import { ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'

/** Counts the CMKs of the project. */
export const showUserInstances = defineOperation({
  name: 'ShowUserInstances',
  group: 'Key queries',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/user-instances',
  action: 'kms:cmk:getInstance',
  identityAction: 'kms:cmk:getInstance',
  target: 'project',
  summary: "Count the caller's keys.",
  request: { path: ProjectPath },
  response: Type.Object({
    instance_num: Type.Integer({ description: 'How many keys the project has.' }),
  }),
  status: 200,
  errors: [],
  example: { response: { instance_num: 15 } },
  async handle(_input, { keys }, { caller }) {
    return { instance_num: await keys.countByProject(caller.projectId) }
  },
})
