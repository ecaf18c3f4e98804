import { EC_PAIR_SPECS } from '../core/pair-specs.js'
import { EXAMPLE_KEY_ID, EXAMPLE_PAIR } from './examples.js'
import { ProjectPath } from './fields.js'
import { NEW_PAIR_ERRORS, NewPair, createDatakeyPair, newPairBody } from './new-datakey-pair.js'
import { defineOperation } from './operation.js'

/** Has an EC pair generated whose private key is wrapped as a data key is. */
export const createEcDatakeyPair = defineOperation({
  name: 'CreateEcDatakeyPair',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-ec-datakey-pair',
  action: 'kms:dek:create',
  identityAction: 'kms:cmk:createDataKeyPair',
  target: 'key',
  summary: 'Generate an EC pair and return its private key wrapped, and in clear where wanted.',
  request: { path: ProjectPath, body: newPairBody(EC_PAIR_SPECS) },
  response: NewPair,
  status: 200,
  errors: NEW_PAIR_ERRORS,
  example: {
    request: { key_id: EXAMPLE_KEY_ID, key_spec: 'ECC_NIST_P256', with_plain_text: false },
    response: { key_id: EXAMPLE_KEY_ID, key_spec: 'ECC_NIST_P256', ...EXAMPLE_PAIR },
  },
  handle({ body }, service, call) {
    return createDatakeyPair(service, call, body)
  },
})
