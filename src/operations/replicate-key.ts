import { Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, NameField, failing } from './fields.js'
import { StoredText } from './key-space-fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { KeyPath, RegionField, requireSameKey } from './region-fields.js'

const Body = Type.Object({
  key_id: KeyIdField,
  replica_region: RegionField,
  key_alias: NameField({ description: 'Name of the replica.', code: 'KMS.1101' }),
  key_description: StoredText({ description: 'Description of the replica.', maxLength: 255 }),
  enterprise_project_id: StoredText({ description: 'Enterprise project there.', maxLength: 36 }),
  replica_project_id: Type.String({
    description: 'Project there.',
    minLength: 1,
    maxLength: 64,
    ...failing({ code: 'KMS.0308', expected: 'the id of a project' }),
  }),
  tags: Type.Optional(
    Type.Array(Type.Object({ key: Type.String(), value: Type.Optional(Type.String()) }), {
      description: 'Tags of the replica.',
      ...failing({ code: 'KMS.0308', expected: 'an array of tags, each with a key and a value' }),
    }),
  ),
})

/** Refuses to make a replica: material that never leaves its HSM cannot be in two of them. */
export const replicateKey = defineOperation({
  name: 'ReplicateKey',
  group: 'Multi-region',
  method: 'POST',
  path: '/v2/{project_id}/kms/keys/{key_id}/replicate',
  action: 'kms:cmk:replicate',
  identityAction: 'kms:cmk:replicate',
  target: 'key',
  summary: 'Refused: master keys never leave their HSM, so there are no replicas of them.',
  request: { path: KeyPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Id of the replica.' }),
    domain_id: Type.String({ description: 'Account.' }),
    region: Type.String({ description: 'Region.' }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.1101', 'KMS.3801'],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      replica_region: 'eu-west-102',
      key_alias: 'test',
      replica_project_id: '0dea2644dc80d5d22ff1c01e3ebea6fc',
    },
    response: {
      key_id: EXAMPLE_KEY_ID,
      domain_id: 'b168fe00ff56492495a7d22974df2d0b',
      region: 'eu-west-102',
    },
  },
  async handle({ path, body }, service, call) {
    requireSameKey(path, body)
    await loadCmk(service, call, body.key_id)
    throw new KmsError(
      'KMS.3801',
      body.replica_region === service.region
        ? 'replica_region must be another region than the one that the key is in.'
        : 'The key cannot be replicated: it is not extractable and never leaves its HSM, so no other region can hold it.',
    )
  },
})
