import { changeKeystore } from './change-keystore.js'
import { EXAMPLE_KEYSTORE, KeystorePath, KeystoreState, keystoreState } from './key-store-fields.js'
import { defineOperation } from './operation.js'

/** Disables a keystore: its keys do no work and its token is let go of, until it is enabled again. */
export const disableKeyStore = defineOperation({
  name: 'DisableKeyStore',
  group: 'Dedicated keystores',
  method: 'POST',
  path: '/v1.0/{project_id}/keystores/{keystore_id}/disable',
  action: 'kms:keystore:disable',
  identityAction: 'kms:keystore:disable',
  target: 'keystore',
  summary: 'Disable a keystore. POST with no body.',
  request: { path: KeystorePath },
  response: KeystoreState,
  status: 200,
  errors: ['KMS.8003'],
  example: {
    response: { keystore: { keystore_id: EXAMPLE_KEYSTORE.keystore_id, keystore_state: '3' } },
  },
  async handle({ path }, service, call) {
    const keystore = await changeKeystore(service, call, { path, state: '3' })
    await service.tokens.release(keystore.id)
    return keystoreState(keystore)
  },
})
