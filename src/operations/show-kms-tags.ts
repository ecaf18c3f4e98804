import { Type } from '../packages/typebox.js'
import { defineOperation } from './operation.js'
import { TagDetails, TaggedKeyPath, loadTaggedCmk } from './tag-fields.js'

/** Lists the tags of a CMK. */
export const showKmsTags = defineOperation({
  name: 'ShowKmsTags',
  group: 'Tags',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/{key_id}/tags',
  action: 'kms:cmkTag:list',
  identityAction: 'kms:cmk:listKeyTags',
  target: 'key',
  summary: 'List the tags of a key.',
  request: { path: TaggedKeyPath },
  response: Type.Object({
    tags: Type.Array(TagDetails, { description: 'Tags, by key.' }),
    existTagsNum: Type.Integer({ description: 'How many there are.' }),
    sys_tags: Type.Array(TagDetails, {
      description: 'Tags that the service itself sets: there are none.',
    }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207'],
  example: {
    response: { tags: [{ key: 'key1', value: 'value1' }], existTagsNum: 1, sys_tags: [] },
  },
  async handle({ path }, service, call) {
    const { id } = await loadTaggedCmk(service, call, path)
    const tags = await service.tags.ofKey(id)
    return {
      tags: tags.map(({ key, value }) => ({ key, value })),
      existTagsNum: tags.length,
      sys_tags: [],
    }
  },
})
