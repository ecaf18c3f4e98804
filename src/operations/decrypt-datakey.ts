import { Type } from '../packages/typebox.js'
import { decodeHex, encodeHex } from '../codec/hex.js'
import { contextBytes } from '../core/context-bytes.js'
import { sha256 } from '../core/datakey.js'
import { KmsError } from '../core/errors.js'
import { RSA_DATAKEY_HASH } from '../core/rsa-datakey.js'
import { bindPin } from './bind-pin.js'
import { EXAMPLE_CIPHER_TEXT, EXAMPLE_KEY_ID } from './examples.js'
import {
  AdditionalAuthenticatedData,
  CipherText,
  EncryptionContext,
  KeyReference,
  Pin,
  PinType,
  ProjectPath,
  Sequence,
  WholeNumber,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { loadDecryptionKey } from './load-encryption-key.js'
import { defineOperation } from './operation.js'
import { openWrapped, parseClearLength, readDatakey } from './read-datakey.js'

const Body = Type.Object({
  key_id: KeyReference,
  cipher_text: CipherText,
  datakey_cipher_length: WholeNumber({
    description:
      'Length of the clear data key in bytes, 1 to 1024; of a private key (PKCS#8) 1 to 4096.',
    code: 'KMS.2202',
    expected: 'a whole number of bytes from 1 to 1024, or 4096 for a private key',
  }),
  encryption_context: EncryptionContext,
  additional_authenticated_data: AdditionalAuthenticatedData,
  sequence: Sequence,
  pin: Pin,
  pin_type: PinType,
})

/** Unwraps a data key. */
export const decryptDatakey = defineOperation({
  name: 'DecryptDatakey',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/decrypt-datakey',
  action: 'kms:dek:crypto',
  identityAction: 'kms:cmk:decryptDataKey',
  target: 'key',
  summary: 'Unwrap a data key.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    data_key: Type.String({ description: 'Data key in clear, upper-case hexadecimal.' }),
    datakey_length: Type.String({ description: 'Length of the data key in bytes.' }),
    datakey_dgst: Type.String({ description: 'SHA-256 of the data key, upper-case hexadecimal.' }),
  }),
  status: 200,
  errors: [...ENCRYPTION_ERRORS, 'KMS.0311', 'KMS.2201', 'KMS.2202', 'KMS.2204'],
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
    const length = parseClearLength(body.datakey_cipher_length)
    const bytes = decodeHex(body.cipher_text)
    if (!bytes) throw new KmsError('KMS.2201', 'cipher_text must be hexadecimal.')
    const given = contextBytes({
      map: body.encryption_context,
      text: body.additional_authenticated_data,
    })
    const key = await loadDecryptionKey(service, call, {
      reference: body.key_id,
      grantable: 'decrypt-datakey',
    })
    const context = await bindPin(service, call, { body, context: given })
    const scheme = key.form === 'rsa' ? RSA_DATAKEY_HASH : 'frame'
    // Whatever needs no HSM is judged first, so that a frame that cannot be right costs no call to it.
    const wrapped = readDatakey(key, { bytes, length, context, scheme })
    const dek = await openWrapped(service, call, wrapped)
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
