import { Type } from '../packages/typebox.js'
import { ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'
import { TagValues } from './tag-fields.js'

/** Lists every tag key in use in the project, with the values in use. */
export const listKmsTags = defineOperation({
  name: 'ListKmsTags',
  group: 'Tags',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/tags',
  action: 'kms:cmkTag:list',
  identityAction: 'kms:cmk:listTags',
  target: 'project',
  summary: 'List all tag keys and values used in the project.',
  request: { path: ProjectPath },
  response: Type.Object({
    tags: Type.Array(TagValues, { description: 'Tag keys in use, with their values.' }),
  }),
  status: 200,
  errors: [],
  example: { response: { tags: [{ key: 'key1', values: ['value1', 'value2'] }] } },
  async handle(_input, { tags }, { caller }) {
    const used = await tags.ofProject(caller.projectId)
    return { tags: used.map(({ key, values }) => ({ key, values: [...values] })) }
  },
})
