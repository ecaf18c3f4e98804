import { RSA_PAIR_SPECS } from '../core/pair-specs.js'
import { EXAMPLE_KEY_ID, EXAMPLE_RSA_PUBLIC_KEY } from './examples.js'
import { ProjectPath } from './fields.js'
import { NEW_PAIR_ERRORS, NewPair, createDatakeyPair, newPairBody } from './new-datakey-pair.js'
import { defineOperation } from './operation.js'

/** Has an RSA pair generated whose private key is wrapped as a data key is. */
export const createRsaDatakeyPair = defineOperation({
  name: 'CreateRsaDatakeyPair',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-rsa-datakey-pair',
  action: 'kms:dek:create',
  identityAction: 'kms:cmk:createDataKeyPair',
  target: 'key',
  summary: 'Generate an RSA pair and return its private key wrapped, and in clear where wanted.',
  request: { path: ProjectPath, body: newPairBody(RSA_PAIR_SPECS) },
  response: NewPair,
  status: 200,
  errors: NEW_PAIR_ERRORS,
  example: {
    request: { key_id: EXAMPLE_KEY_ID, key_spec: 'RSA_2048', with_plain_text: false },
    response: {
      key_id: EXAMPLE_KEY_ID,
      key_spec: 'RSA_2048',
      public_key: EXAMPLE_RSA_PUBLIC_KEY,
      private_key_cipher_text: 'C5'.repeat(1332),
    },
  },
  handle({ body }, service, call) {
    return createDatakeyPair(service, call, body)
  },
})
