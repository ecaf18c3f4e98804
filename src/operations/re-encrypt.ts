import { Type } from '../packages/typebox.js'
import { base64Length, encodeBase64 } from '../codec/base64.js'
import { MAX_DATA_FRAME_BYTES } from '../codec/data-frame.js'
import { MAX_DATAKEY_FRAME_BYTES } from '../codec/datakey-frame.js'
import { encodeHex } from '../codec/hex.js'
import { contextBytes } from '../core/context-bytes.js'
import {
  DEFAULT_ENCRYPTION_ALGORITHM,
  ENCRYPTION_ALGORITHMS,
} from '../core/encryption-algorithms.js'
import { EXAMPLE_KEY_ID, EXAMPLE_SEALED_TEXT } from './examples.js'
import {
  AdditionalAuthenticatedData,
  KeyReference,
  OneOf,
  ProjectPath,
  WholeNumber,
  failing,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { moveDatakey } from './move-datakey.js'
import { moveText } from './move-text.js'
import { defineOperation } from './operation.js'

const MAX_CHARACTERS = Math.max(2 * MAX_DATAKEY_FRAME_BYTES, base64Length(MAX_DATA_FRAME_BYTES))

const Algorithm = OneOf(ENCRYPTION_ALGORITHMS, {
  description: 'How the text is encrypted; SYMMETRIC_DEFAULT unless stated otherwise.',
  code: 'KMS.0308',
})

const Body = Type.Object({
  source_key_id: Type.Optional(KeyReference),
  source_additional_authenticated_data: AdditionalAuthenticatedData,
  source_encryption_algorithm: Type.Optional(Algorithm),
  destination_key_id: KeyReference,
  destination_additional_authenticated_data: AdditionalAuthenticatedData,
  destination_encryption_algorithm: Type.Optional(Algorithm),
  datakey_cipher_length: Type.Optional(
    WholeNumber({
      description: 'Length of the clear data key in bytes: cipher_text is then a wrapped data key.',
      code: 'KMS.2202',
      expected: 'a whole number of bytes from 1 to 1024, or 4096 for a private key',
    }),
  ),
  cipher_text: Type.String({
    description: 'Ciphertext in base64, or a wrapped data key in hexadecimal.',
    minLength: 1,
    maxLength: MAX_CHARACTERS,
    pattern: '^[0-9a-zA-Z+/=]*$',
    ...failing({
      code: 'KMS.2201',
      expected: `base64, or hexadecimal of a data key, of at most ${MAX_CHARACTERS} characters`,
    }),
  }),
})

/** Moves ciphertext to another key. */
export const reEncrypt = defineOperation({
  name: 'ReEncrypt',
  group: 'Small data',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/re-encrypt',
  action: 'kms:cmk:reEncrypt',
  identityAction: 'kms:cmk:reEncrypt',
  target: 'key',
  summary:
    'Move ciphertext or a wrapped data key to another key, without giving out what it holds.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key of the new ciphertext.' }),
    source_key_id: Type.String({ description: 'Key of the old ciphertext.' }),
    source_encryption_algorithm: Type.String({ description: 'Algorithm of the old ciphertext.' }),
    destination_encryption_algorithm: Type.String({
      description: 'Algorithm of the new ciphertext.',
    }),
    cipher_text: Type.String({
      description: 'New ciphertext in base64; of a data key in upper-case hexadecimal.',
    }),
  }),
  status: 200,
  errors: [
    ...ENCRYPTION_ERRORS,
    'KMS.0311',
    'KMS.1114',
    'KMS.1904',
    'KMS.2105',
    'KMS.2108',
    'KMS.2201',
    'KMS.2202',
    'KMS.2204',
  ],
  example: {
    request: {
      source_key_id: EXAMPLE_KEY_ID,
      destination_key_id: EXAMPLE_KEY_ID,
      cipher_text: EXAMPLE_SEALED_TEXT,
    },
    response: {
      key_id: EXAMPLE_KEY_ID,
      source_key_id: EXAMPLE_KEY_ID,
      source_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      destination_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      cipher_text: EXAMPLE_SEALED_TEXT,
    },
  },
  async handle({ body }, service, call) {
    const request = {
      cipherText: body.cipher_text,
      source: {
        keyReference: body.source_key_id,
        field: 'source_key_id',
        algorithm: body.source_encryption_algorithm ?? DEFAULT_ENCRYPTION_ALGORITHM,
        context: contextOf(body.source_additional_authenticated_data),
      },
      destination: {
        keyReference: body.destination_key_id,
        algorithm: body.destination_encryption_algorithm ?? DEFAULT_ENCRYPTION_ALGORITHM,
        context: contextOf(body.destination_additional_authenticated_data),
      },
    }
    const { datakey_cipher_length: length } = body
    const moved =
      length === undefined
        ? await moveText(service, call, request)
        : await moveDatakey(service, call, { ...request, length })
    return {
      key_id: moved.to.cmk.id,
      source_key_id: moved.from.cmk.id,
      source_encryption_algorithm: request.source.algorithm,
      destination_encryption_algorithm: request.destination.algorithm,
      cipher_text: length === undefined ? encodeBase64(moved.bytes) : encodeHex(moved.bytes),
    }
  },
})

function contextOf(text: string | undefined): Uint8Array {
  return contextBytes({ map: undefined, text })
}
