import { Type } from '../packages/typebox.js'
import {
  EXAMPLE_KEYSTORE,
  KeystoreDetails,
  KeystorePath,
  keystoreDetails,
  loadKeystore,
} from './key-store-fields.js'
import { defineOperation } from './operation.js'

/** Shows one keystore of the account. */
export const showKeyStore = defineOperation({
  name: 'ShowKeyStore',
  group: 'Dedicated keystores',
  method: 'GET',
  path: '/v1.0/{project_id}/keystores/{keystore_id}',
  action: 'kms:keystore:get',
  identityAction: 'kms:keystore:get',
  target: 'keystore',
  summary: 'Show one keystore.',
  request: { path: KeystorePath },
  response: Type.Object({ keystore: KeystoreDetails }),
  status: 200,
  errors: ['KMS.8003'],
  example: { response: { keystore: EXAMPLE_KEYSTORE } },
  async handle({ path }, service, call) {
    return { keystore: keystoreDetails(await loadKeystore(service, call, path)) }
  },
})
