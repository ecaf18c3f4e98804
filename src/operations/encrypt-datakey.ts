import { Type } from '../packages/typebox.js'
import { encodeHex } from '../codec/hex.js'
import { currentKey } from '../core/cmk.js'
import { contextBytes, requireNoContext } from '../core/context-bytes.js'
import { parseDatakeyLength, parseDigestedDatakey } from '../core/datakey.js'
import { KmsError } from '../core/errors.js'
import { requireRsaDatakey, sealDatakeyUnderRsa } from '../core/rsa-datakey.js'
import { sealDatakey } from '../core/seal.js'
import { bindPin } from './bind-pin.js'
import { EXAMPLE_CIPHER_TEXT, EXAMPLE_KEY_ID } from './examples.js'
import {
  AdditionalAuthenticatedData,
  EncryptionContext,
  KeyReference,
  Pin,
  PinType,
  ProjectPath,
  Sequence,
  WholeNumber,
  failing,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { type EncryptionKey, loadEncryptionKey } from './load-encryption-key.js'
import { defineOperation } from './operation.js'

const PlainText = Type.String({
  description:
    'Hexadecimal of the data key, then of its SHA-256 digest. White space between the digits is ignored.',
  pattern: '^\\s*(?:[0-9A-Fa-f]\\s*[0-9A-Fa-f]\\s*)+$',
  ...failing({
    code: 'KMS.2101',
    expected: 'hexadecimal with an even number of digits: the data key, then its SHA-256 digest',
  }),
})

const Body = Type.Object({
  key_id: KeyReference,
  plain_text: PlainText,
  datakey_plain_length: WholeNumber({
    description: 'Length of the data key in bytes, 1 to 1024.',
    code: 'KMS.2102',
    expected: 'a whole number of bytes from 1 to 1024',
  }),
  encryption_context: EncryptionContext,
  additional_authenticated_data: AdditionalAuthenticatedData,
  sequence: Sequence,
  pin: Pin,
  pin_type: PinType,
})

/** Wraps a data key that the caller brings, under a CMK. */
export const encryptDatakey = defineOperation({
  name: 'EncryptDatakey',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/encrypt-datakey',
  action: 'kms:dek:crypto',
  identityAction: 'kms:cmk:encryptDataKey',
  target: 'key',
  summary: 'Wrap a caller-supplied data key under a master key.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that wrapped the data key.' }),
    cipher_text: Type.String({ description: 'Wrapped data key, upper-case hexadecimal.' }),
    datakey_length: Type.String({ description: 'Length of the data key in bytes.' }),
  }),
  status: 200,
  errors: [...ENCRYPTION_ERRORS, 'KMS.1904', 'KMS.2101', 'KMS.2102', 'KMS.2103', 'KMS.2104'],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      plain_text:
        '7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e527b10331100f357bf42125d8d5ced94f fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797',
      datakey_plain_length: '64',
    },
    response: {
      key_id: EXAMPLE_KEY_ID,
      cipher_text: EXAMPLE_CIPHER_TEXT,
      datakey_length: '64',
    },
  },
  async handle({ body }, service, call) {
    const length = parseDatakeyLength(body.datakey_plain_length, {
      field: 'datakey_plain_length',
      code: 'KMS.2102',
    })
    const dek = parseDigestedDatakey(body.plain_text, length)
    try {
      const given = contextBytes({
        map: body.encryption_context,
        text: body.additional_authenticated_data,
      })
      const key = await loadEncryptionKey(service, call, {
        reference: body.key_id,
        grantable: 'encrypt-datakey',
      })
      const context = await bindPin(service, call, { body, context: given })
      const frame = await seal(key, { dek, context })
      return { key_id: key.cmk.id, cipher_text: encodeHex(frame), datakey_length: String(length) }
    } finally {
      dek.fill(0)
    }
  },
})

function seal(
  { cmk, form, token }: EncryptionKey,
  request: { readonly dek: Uint8Array; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { dek, context } = request
  const key = currentKey(cmk)
  if (form === 'symmetric') {
    requireWrappable(dek.length, token.hsm.limits.maxSecretBytes)
    return sealDatakey(token, { key, dek, context })
  }
  requireRsaDatakey(dek.length)
  requireNoContext(context)
  return sealDatakeyUnderRsa(token.hsm, { key, dek })
}

function requireWrappable(length: number, maxSecretBytes: number): void {
  if (length <= maxSecretBytes) return
  throw new KmsError(
    'KMS.2102',
    `datakey_plain_length is too long for this token, which wraps up to ${maxSecretBytes} bytes.`,
  )
}
