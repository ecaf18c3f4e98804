import { Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { MAX_DATA_FRAME_BYTES } from '../codec/data-frame.js'
import { contextBytes } from '../core/context-bytes.js'
import { DEFAULT_ENCRYPTION_ALGORITHM } from '../core/encryption-algorithms.js'
import { decryptText, findText } from './cipher-source.js'
import { EXAMPLE_KEY_ID, EXAMPLE_SEALED_TEXT } from './examples.js'
import {
  AdditionalAuthenticatedData,
  EncryptionContext,
  KeyReference,
  ProjectPath,
  Sequence,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { defineOperation } from './operation.js'
import { readBase64 } from './read-base64.js'
import { EncryptedText, EncryptionAlgorithm } from './text-fields.js'

const Body = Type.Object({
  cipher_text: EncryptedText,
  key_id: Type.Optional(KeyReference),
  encryption_algorithm: EncryptionAlgorithm,
  encryption_context: EncryptionContext,
  additional_authenticated_data: AdditionalAuthenticatedData,
  sequence: Sequence,
})

/** Decrypts a small text. */
export const decryptData = defineOperation({
  name: 'DecryptData',
  group: 'Small data',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/decrypt-data',
  action: 'kms:cmk:crypto',
  identityAction: 'kms:cmk:decryptData',
  target: 'key',
  summary: 'Decrypt what encrypt-data encrypted, or what was encrypted under the public key.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that decrypted the text.' }),
    plain_text: Type.String({ description: 'The text.' }),
    plain_text_base64: Type.String({
      description: 'The same bytes in base64, which holds where they are no text in UTF-8.',
    }),
  }),
  status: 200,
  errors: [...ENCRYPTION_ERRORS, 'KMS.0311', 'KMS.1114', 'KMS.2105', 'KMS.2201'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, cipher_text: EXAMPLE_SEALED_TEXT },
    response: {
      key_id: EXAMPLE_KEY_ID,
      plain_text: 'hello world',
      plain_text_base64: 'aGVsbG8gd29ybGQ=',
    },
  },
  async handle({ body }, service, call) {
    const bytes = readBase64(body.cipher_text, {
      field: 'cipher_text',
      max: MAX_DATA_FRAME_BYTES,
      code: 'KMS.2201',
    })
    const context = contextBytes({
      map: body.encryption_context,
      text: body.additional_authenticated_data,
    })
    const found = await findText(service, call, {
      keyReference: body.key_id,
      field: 'key_id',
      algorithm: body.encryption_algorithm ?? DEFAULT_ENCRYPTION_ALGORITHM,
      bytes,
      context,
      grantable: 'decrypt-data',
    })
    const text = await decryptText(service, call, found)
    try {
      return {
        key_id: found.key.cmk.id,
        plain_text: Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8'),
        plain_text_base64: encodeBase64(text),
      }
    } finally {
      text.fill(0)
    }
  },
})
