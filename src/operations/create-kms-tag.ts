import { Type } from '../packages/typebox.js'
import { requireTag } from '../core/judge-tag.js'
import { TAGS_PER_KEY } from '../core/tag.js'
import { Sequence, failing } from './fields.js'
import { defineOperation } from './operation.js'
import { TAG_WRITE_ERRORS, TagItem, TaggedKeyPath, loadTaggedCmk } from './tag-fields.js'

const Body = Type.Object({
  tag: Type.Object(TagItem.properties, {
    description: 'The tag; a tag of the same key gets the new value.',
    ...failing({
      code: 'KMS.0412',
      expected: 'an object with the text key and, where it has one, the text value',
    }),
  }),
  sequence: Sequence,
})

/** Adds a tag to a CMK. */
export const createKmsTag = defineOperation({
  name: 'CreateKmsTag',
  group: 'Tags',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/{key_id}/tags',
  action: 'kms:cmkTag:create',
  identityAction: 'kms:cmk:createTag',
  target: 'key',
  summary: 'Add one tag; the same key overwrites.',
  request: { path: TaggedKeyPath, body: Body },
  response: Type.Null(),
  status: 204,
  errors: TAG_WRITE_ERRORS,
  example: { request: { tag: { key: 'DEV', value: 'DEV1' } }, response: null },
  async handle({ path, body }, service, call) {
    const tag = { key: body.tag.key, value: body.tag.value ?? '' }
    requireTag(tag)
    const { projectId, id: keyId } = await loadTaggedCmk(service, call, path)
    await service.tags.set({ projectId, keyId, tags: [tag], perKey: TAGS_PER_KEY })
    return null
  },
})
