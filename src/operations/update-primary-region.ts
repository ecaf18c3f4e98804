import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { KeyPath, RegionField, requireSameKey } from './region-fields.js'

/** Answers which region the primary of a key is in; it cannot be moved to another one. */
export const updatePrimaryRegion = defineOperation({
  name: 'UpdatePrimaryRegion',
  group: 'Multi-region',
  method: 'PUT',
  path: '/v2/{project_id}/kms/keys/{key_id}/update-primary-region',
  action: 'kms:cmk:updatePrimaryRegion',
  identityAction: 'kms:cmk:updatePrimaryRegion',
  target: 'key',
  summary: 'Make a region the primary one; only the region that the key is in already can be.',
  request: {
    path: KeyPath,
    body: Type.Object({ key_id: KeyIdField, primary_region: RegionField }),
  },
  response: Type.Object({
    key_id: Type.String({ description: 'Key id.' }),
    primary_region: Type.String({ description: 'Primary region.' }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.3801'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, primary_region: 'eu-west-101' },
    response: { key_id: EXAMPLE_KEY_ID, primary_region: 'eu-west-101' },
  },
  async handle({ path, body }, service, call) {
    requireSameKey(path, body)
    const cmk = await loadCmk(service, call, body.key_id)
    if (body.primary_region === service.region) {
      return { key_id: cmk.id, primary_region: service.region }
    }
    throw new KmsError(
      'KMS.3801',
      'The primary cannot move: the key is not extractable and never leaves its HSM, so no other region has a replica of it.',
    )
  },
})
