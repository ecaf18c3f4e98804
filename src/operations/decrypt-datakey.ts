import { Type } from 'typebox'
import type { DatakeyFrame } from '../codec/datakey-frame.js'
import { decodeHex, encodeHex } from '../codec/hex.js'
import { type Cmk, requireUsable } from '../core/cmk.js'
import { contextBytes } from '../core/context-bytes.js'
import { parseDatakeyLength, sha256 } from '../core/datakey.js'
import { KmsError } from '../core/errors.js'
import { openDatakey, readDatakeyFrame } from '../core/seal.js'
import { EXAMPLE_CIPHER_TEXT, EXAMPLE_KEY_ID } from './examples.js'
import { DATAKEY_ERRORS } from './datakey-errors.js'
import {
  AdditionalAuthenticatedData,
  CipherText,
  EncryptionContext,
  KeyReference,
  ProjectPath,
  Sequence,
  WholeNumber,
} from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

const Body = Type.Object({
  key_id: KeyReference,
  cipher_text: CipherText,
  datakey_cipher_length: WholeNumber({
    description: 'Length of the clear data key in bytes, 1 to 1024.',
    code: 'KMS.2202',
    expected: 'a whole number of bytes from 1 to 1024',
  }),
  encryption_context: EncryptionContext,
  additional_authenticated_data: AdditionalAuthenticatedData,
  sequence: Sequence,
})

/** Unwraps a data key. */
export const decryptDatakey = defineOperation({
  name: 'DecryptDatakey',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/decrypt-datakey',
  action: 'kms:dek:crypto',
  summary: 'Unwrap a data key.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    data_key: Type.String({ description: 'Data key in clear, upper-case hexadecimal.' }),
    datakey_length: Type.String({ description: 'Length of the data key in bytes.' }),
    datakey_dgst: Type.String({ description: 'SHA-256 of the data key, upper-case hexadecimal.' }),
  }),
  status: 200,
  errors: [...DATAKEY_ERRORS, 'KMS.2201', 'KMS.2202', 'KMS.2204'],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      cipher_text: EXAMPLE_CIPHER_TEXT,
      datakey_cipher_length: '64',
    },
    response: {
      data_key: '00'.repeat(64),
      datakey_length: '64',
      datakey_dgst: 'F5A5FD42D16A20302798EF6ED309979B43003D2320D9F0E8EA9831A92759FB4B',
    },
  },
  async handle({ body }, service, call) {
    const length = parseDatakeyLength(body.datakey_cipher_length, {
      field: 'datakey_cipher_length',
      code: 'KMS.2202',
    })
    const context = contextBytes({
      map: body.encryption_context,
      text: body.additional_authenticated_data,
    })
    const cmk = await loadCmk(service, call, body.key_id)
    requireUsable(cmk, 'ENCRYPT_DECRYPT')
    const frame = readFrame(body.cipher_text, { cmk, length })
    const dek = await openDatakey(service, { keyId: cmk.id, frame, context })
    try {
      return {
        data_key: encodeHex(dek),
        datakey_length: String(dek.length),
        datakey_dgst: encodeHex(sha256(dek)),
      }
    } finally {
      dek.fill(0)
    }
  },
})

/** Judges all that needs no HSM, so that a frame that cannot be right costs no call to it. */
function readFrame(
  cipherText: string,
  expected: { readonly cmk: Cmk; readonly length: number },
): DatakeyFrame {
  const bytes = decodeHex(cipherText)
  if (!bytes) throw new KmsError('KMS.2201', 'cipher_text must be hexadecimal.')
  const frame = readDatakeyFrame(bytes, expected.cmk.id)
  if (frame.keyVersion < 1 || frame.keyVersion > expected.cmk.currentVersion) {
    throw new KmsError('KMS.2201', 'cipher_text names a version that its key does not have.')
  }
  if (frame.datakeyLength !== expected.length) {
    throw new KmsError(
      'KMS.2204',
      'datakey_cipher_length is not the length of the data key in cipher_text.',
    )
  }
  return frame
}
