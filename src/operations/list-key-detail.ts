import { Type } from '../packages/typebox.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyReference, ProjectPath, Sequence } from './fields.js'
import { KeyDetails, keyDetails } from './key-details.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

/** Describes one CMK. */
export const listKeyDetail = defineOperation({
  name: 'ListKeyDetail',
  group: 'Key queries',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/describe-key',
  action: 'kms:cmk:get',
  identityAction: 'kms:cmk:get',
  target: 'key',
  summary: 'Describe one key.',
  request: {
    path: ProjectPath,
    body: Type.Object({ key_id: KeyReference, sequence: Sequence }),
  },
  response: Type.Object({ key_info: KeyDetails }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: {
      key_info: {
        key_id: EXAMPLE_KEY_ID,
        domain_id: '00074811d5c27c4f8d48bb91e4a1dcfd',
        key_alias: 'test',
        realm: 'eu-west-101',
        key_spec: 'AES_256',
        key_usage: 'ENCRYPT_DECRYPT',
        key_description: '',
        creation_date: '1502799822000',
        scheduled_deletion_date: '',
        key_state: '2',
        default_key_flag: '0',
        key_type: '1',
        expiration_time: '',
        origin: 'kms',
        key_rotation_enabled: 'false',
        sys_enterprise_project_id: '0',
        keystore_id: '0',
      },
    },
  },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.key_id, 'describe-key')
    return { key_info: keyDetails(cmk, service.region) }
  },
})
