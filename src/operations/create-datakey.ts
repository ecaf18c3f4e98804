import { Type } from '../packages/typebox.js'
import { encodeHex } from '../codec/hex.js'
import { currentKey } from '../core/cmk.js'
import { requireNoContext } from '../core/context-bytes.js'
import { generateDatakeyUnderRsa } from '../core/rsa-datakey.js'
import { generateReadableDatakey } from '../core/seal.js'
import { EXAMPLE_CIPHER_TEXT, EXAMPLE_KEY_ID } from './examples.js'
import { ProjectPath } from './fields.js'
import { type DatakeyWish, NEW_DATAKEY_ERRORS, NewDatakey, prepareDatakey } from './new-datakey.js'
import { defineOperation } from './operation.js'

/** Has a data key generated, and returns it both clear and wrapped. */
export const createDatakey = defineOperation({
  name: 'CreateDatakey',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-datakey',
  action: 'kms:dek:create',
  identityAction: 'kms:cmk:createDataKey',
  target: 'key',
  summary: 'Generate a data key and return it both in clear and wrapped.',
  request: { path: ProjectPath, body: NewDatakey },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that wrapped the data key.' }),
    plain_text: Type.String({ description: 'Data key in clear, upper-case hexadecimal.' }),
    cipher_text: Type.String({ description: 'Wrapped data key, upper-case hexadecimal.' }),
  }),
  status: 200,
  errors: [...NEW_DATAKEY_ERRORS, 'KMS.1904'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, datakey_length: '512' },
    response: {
      key_id: EXAMPLE_KEY_ID,
      plain_text: '8151014275E426C7'.repeat(8),
      cipher_text: EXAMPLE_CIPHER_TEXT,
    },
  },
  async handle({ body }, service, call) {
    const wish = await prepareDatakey(service, call, { body, grantable: 'create-datakey' })
    const { dek, frame } = await generate(wish)
    try {
      return { key_id: wish.cmk.id, plain_text: encodeHex(dek), cipher_text: encodeHex(frame) }
    } finally {
      dek.fill(0)
    }
  },
})

function generate({ cmk, form, token, length, context }: DatakeyWish) {
  const key = currentKey(cmk)
  if (form === 'symmetric') return generateReadableDatakey(token, { key, length, context })
  requireNoContext(context)
  return generateDatakeyUnderRsa(token.hsm, { key, length })
}
