import { changeKeystore } from './change-keystore.js'
import { EXAMPLE_KEYSTORE, KeystorePath, KeystoreState, keystoreState } from './key-store-fields.js'
import { defineOperation } from './operation.js'

/** Enables a keystore, once its token has been opened and has passed its known-answer tests. */
export const enableKeyStore = defineOperation({
  name: 'EnableKeyStore',
  group: 'Dedicated keystores',
  method: 'POST',
  path: '/v1.0/{project_id}/keystores/{keystore_id}/enable',
  action: 'kms:keystore:enable',
  identityAction: 'kms:keystore:enable',
  target: 'keystore',
  summary: 'Enable a keystore. POST with no body.',
  request: { path: KeystorePath },
  response: KeystoreState,
  status: 200,
  errors: ['KMS.0340', 'KMS.8003'],
  example: {
    response: { keystore: { keystore_id: EXAMPLE_KEYSTORE.keystore_id, keystore_state: '2' } },
  },
  async handle({ path }, service, call) {
    const keystore = await changeKeystore(service, call, {
      path,
      state: '2',
      prepare: (disabled) => service.tokens.open(disabled),
    })
    return keystoreState(keystore)
  },
})
