import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { requireTag, requireTagKey } from '../core/judge-tag.js'
import { TAGS_PER_KEY } from '../core/tag.js'
import { OneOf, Sequence, failing } from './fields.js'
import { defineOperation } from './operation.js'
import { TAG_WRITE_ERRORS, TagItem, TaggedKeyPath, loadTaggedCmk } from './tag-fields.js'

const Body = Type.Object({
  action: OneOf(['create', 'delete'], { description: 'What to do.', code: 'KMS.0404' }),
  tags: Type.Array(TagItem, {
    description: `1 to ${TAGS_PER_KEY} tags, each key once; their values do not matter to delete.`,
    minItems: 1,
    ...failing({
      code: 'KMS.0401',
      expected:
        'a list of one or more objects with the text key and, where it has one, the text value',
    }),
  }),
  sequence: Sequence,
})

/**
 * Adds or deletes several tags of a CMK, all or none. A tag that is to go and is not there counts as deleted, so that
 * the call can be repeated.
 */
export const batchCreateKmsTags = defineOperation({
  name: 'BatchCreateKmsTags',
  group: 'Tags',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/{key_id}/tags/action',
  action: 'kms:cmkTag:batch',
  identityAction: 'kms:cmk:createTag',
  target: 'key',
  summary: 'Add or delete several tags.',
  request: { path: TaggedKeyPath, body: Body },
  response: Type.Null(),
  status: 204,
  errors: [...TAG_WRITE_ERRORS, 'KMS.0401', 'KMS.0404', 'KMS.0407'],
  example: {
    request: { action: 'create', tags: [{ key: 'key1', value: 'value1' }] },
    response: null,
  },
  async handle({ path, body }, service, call) {
    const tags = body.tags.map(({ key, value = '' }) => ({ key, value }))
    requireDistinct(tags)
    const removed = body.action === 'delete'
    for (const tag of tags) {
      if (removed) requireTagKey(tag.key)
      else requireTag(tag)
    }
    const { projectId, id: keyId } = await loadTaggedCmk(service, call, path)
    if (removed) {
      await service.tags.remove({ projectId, keyId, keys: tags.map(({ key }) => key) })
    } else {
      await service.tags.set({ projectId, keyId, tags, perKey: TAGS_PER_KEY })
    }
    return null
  },
})

function requireDistinct(tags: readonly { readonly key: string }[]): void {
  if (tags.length > TAGS_PER_KEY) {
    throw new KmsError('KMS.0407', `tags must hold at most ${TAGS_PER_KEY} tags.`)
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    throw new KmsError('KMS.0412', 'tags must not hold the same key twice.')
  }
}
