import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { isTagKey } from '../core/judge-tag.js'
import { defineOperation } from './operation.js'
import { TaggedKeyPath, loadTaggedCmk } from './tag-fields.js'

// @NOTE The key of the tag is one segment of the raw path, percent-decoded once: `a%2Fb` names the tag `a/b`, and
// `a%2520b` the tag `a%20b`. Some signatures cover only a form that several raw paths share (see `canonicalPaths` in
// src/auth), so who can replay a request within its 15 minutes may choose among such tags of the same CMK.

/** Deletes a tag of a CMK. */
export const deleteTag = defineOperation({
  name: 'DeleteTag',
  group: 'Tags',
  method: 'DELETE',
  path: '/v1.0/{project_id}/kms/{key_id}/tags/{key}',
  action: 'kms:cmkTag:delete',
  identityAction: 'kms:cmk:deleteTag',
  target: 'key',
  summary: 'Delete one tag.',
  request: {
    path: Type.Object({
      ...TaggedKeyPath.properties,
      key: Type.String({ description: 'Key of the tag, percent-encoded.' }),
    }),
  },
  response: Type.Null(),
  status: 204,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0416'],
  example: { response: null },
  async handle({ path }, service, call) {
    const { projectId, id: keyId } = await loadTaggedCmk(service, call, path)
    // What no tag can be called is not worth a question to the database, which may not even be able to take it.
    const keys = isTagKey(path.key) ? [path.key] : []
    const removed = await service.tags.remove({ projectId, keyId, keys })
    if (removed === 0) throw new KmsError('KMS.0416', 'The key has no tag of this key.')
    return null
  },
})
