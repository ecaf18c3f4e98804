import { Type } from 'typebox'
import { encodeHex } from '../codec/hex.js'
import { currentKey } from '../core/cmk.js'
import { generateReadableDatakey } from '../core/seal.js'
import { ProjectPath } from './fields.js'
import { NEW_DATAKEY_ERRORS, NewDatakey, prepareDatakey } from './new-datakey.js'
import { defineOperation } from './operation.js'

/** Has a data key generated, and returns it both clear and wrapped. */
export const createDatakey = defineOperation({
  name: 'CreateDatakey',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-datakey',
  action: 'kms:dek:create',
  summary: 'Generate a data key and return it both in clear and wrapped.',
  request: { path: ProjectPath, body: NewDatakey },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that wrapped the data key.' }),
    plain_text: Type.String({ description: 'Data key in clear, upper-case hexadecimal.' }),
    cipher_text: Type.String({ description: 'Wrapped data key, upper-case hexadecimal.' }),
  }),
  status: 200,
  errors: NEW_DATAKEY_ERRORS,
  example: {
    request: { key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f', datakey_length: '512' },
    response: {
      key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f',
      plain_text: '8151014275E426C72EE7D44267EF1159...',
      cipher_text: '0200980001014000...',
    },
  },
  async handle({ body }, service, call) {
    const { cmk, length, context } = await prepareDatakey(service, call, body)
    const key = currentKey(cmk)
    const { dek, frame } = await generateReadableDatakey(service, { key, length, context })
    try {
      return { key_id: cmk.id, plain_text: encodeHex(dek), cipher_text: encodeHex(frame) }
    } finally {
      dek.fill(0)
    }
  },
})
