import { Type } from '../packages/typebox.js'
import { encodeHex } from '../codec/hex.js'
import { currentKey } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { generateSealedDatakey } from '../core/seal.js'
import { EXAMPLE_CIPHER_TEXT, EXAMPLE_KEY_ID } from './examples.js'
import { ProjectPath } from './fields.js'
import { NEW_DATAKEY_ERRORS, NewDatakey, prepareDatakey } from './new-datakey.js'
import { defineOperation } from './operation.js'

/** Has a data key generated inside the token, and returns only its wrapped form. */
export const createDatakeyWithoutPlaintext = defineOperation({
  name: 'CreateDatakeyWithoutPlaintext',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-datakey-without-plaintext',
  action: 'kms:dek:create',
  identityAction: 'kms:cmk:createDataKeyWithoutPlaintext',
  target: 'key',
  summary: 'Generate a data key and return only the wrapped form.',
  request: { path: ProjectPath, body: NewDatakey },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that wrapped the data key.' }),
    cipher_text: Type.String({ description: 'Wrapped data key, upper-case hexadecimal.' }),
  }),
  status: 200,
  errors: [...NEW_DATAKEY_ERRORS, 'KMS.0325', 'KMS.1904'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, datakey_length: '512' },
    response: {
      key_id: EXAMPLE_KEY_ID,
      cipher_text: EXAMPLE_CIPHER_TEXT,
    },
  },
  async handle({ body }, service, call) {
    const { cmk, form, token, length, context } = await prepareDatakey(service, call, {
      body,
      grantable: 'create-datakey-without-plaintext',
    })
    if (form === 'rsa') {
      throw new KmsError(
        'KMS.0325',
        'A data key under an RSA key passes through the service in clear: use create-datakey.',
      )
    }
    const frame = await generateSealedDatakey(token, { key: currentKey(cmk), length, context })
    return { key_id: cmk.id, cipher_text: encodeHex(frame) }
  },
})
