import { Type } from '../packages/typebox.js'
import { base64Length } from '../codec/base64.js'
import { MAX_DATA_FRAME_BYTES, MAX_TEXT_BYTES } from '../codec/data-frame.js'
import { OneOf, failing } from './fields.js'

/*
 * Fields of the calls on texts: encryption, signatures, MACs.
 */

/** `encryption_algorithm` of EncryptData and DecryptData. */
export const EncryptionAlgorithm = Type.Optional(
  OneOf(['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_256', 'SM2_ENCRYPT'], {
    description: 'How the text is encrypted; SYMMETRIC_DEFAULT unless stated otherwise.',
    code: 'KMS.0308',
  }),
)

/** `plain_text` of EncryptData: the text itself; its length in bytes is judged in the operation. */
export const PlainText = Type.String({
  description: 'Text of 1 to 4096 characters and as many bytes of UTF-8.',
  minLength: 1,
  maxLength: MAX_TEXT_BYTES,
  ...failing({
    code: 'KMS.2101',
    expected: `a text of 1 to ${MAX_TEXT_BYTES} characters and bytes of UTF-8`,
  }),
})

/** `cipher_text` of DecryptData. */
export const EncryptedText = Type.String({
  description: 'What encrypt-data returned, or ciphertext made with the public key, in base64.',
  minLength: 128,
  maxLength: base64Length(MAX_DATA_FRAME_BYTES),
  pattern: '^[0-9a-zA-Z+/=]*$',
  ...failing({
    code: 'KMS.2201',
    expected: `base64 of 128 to ${base64Length(MAX_DATA_FRAME_BYTES)} characters`,
  }),
})

/** `message` of signatures and MACs; what it holds is judged in the operation. */
export const Message = Type.String({
  description: 'Message of up to 4096 bytes, or its digest, in base64.',
  minLength: 1,
  maxLength: base64Length(MAX_TEXT_BYTES),
  pattern: '^[0-9a-zA-Z+/=]*$',
  ...failing({ code: 'KMS.0308', expected: `base64 of 1 to ${MAX_TEXT_BYTES} bytes` }),
})
