import { Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { MAX_TEXT_BYTES } from '../codec/data-frame.js'
import { currentKey } from '../core/cmk.js'
import { contextBytes, requireNoContext } from '../core/context-bytes.js'
import {
  DEFAULT_ENCRYPTION_ALGORITHM,
  type EncryptionAlgorithm,
  encryptionScheme,
} from '../core/encryption-algorithms.js'
import { KmsError } from '../core/errors.js'
import { requireTextEncryption } from '../core/key-use.js'
import { encryptUnderRsa } from '../core/rsa-encryption.js'
import { sealText } from '../core/seal-data.js'
import { EXAMPLE_KEY_ID, EXAMPLE_SEALED_TEXT } from './examples.js'
import {
  AdditionalAuthenticatedData,
  EncryptionContext,
  KeyReference,
  ProjectPath,
  Sequence,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { type EncryptionKey, loadEncryptionKey } from './load-encryption-key.js'
import { defineOperation } from './operation.js'
import { EncryptionAlgorithm as AlgorithmField, PlainText } from './text-fields.js'

const Body = Type.Object({
  key_id: KeyReference,
  plain_text: PlainText,
  encryption_algorithm: AlgorithmField,
  encryption_context: EncryptionContext,
  additional_authenticated_data: AdditionalAuthenticatedData,
  sequence: Sequence,
})

/** Encrypts a small text. */
export const encryptData = defineOperation({
  name: 'EncryptData',
  group: 'Small data',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/encrypt-data',
  action: 'kms:cmk:crypto',
  identityAction: 'kms:cmk:encryptData',
  target: 'key',
  summary: 'Encrypt a text of up to 4096 bytes.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that encrypted the text.' }),
    cipher_text: Type.String({ description: 'Ciphertext in base64.' }),
  }),
  status: 200,
  errors: [...ENCRYPTION_ERRORS, 'KMS.1114', 'KMS.2101', 'KMS.2105', 'KMS.2108'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, plain_text: 'hello world' },
    response: { key_id: EXAMPLE_KEY_ID, cipher_text: EXAMPLE_SEALED_TEXT },
  },
  async handle({ body }, service, call) {
    const text = readText(body.plain_text)
    try {
      const context = contextBytes({
        map: body.encryption_context,
        text: body.additional_authenticated_data,
      })
      const key = await loadEncryptionKey(service, call, {
        reference: body.key_id,
        grantable: 'encrypt-data',
        judge: requireTextEncryption,
      })
      const algorithm = body.encryption_algorithm ?? DEFAULT_ENCRYPTION_ALGORITHM
      const ciphertext = await encrypt(key, { algorithm, text, context })
      return { key_id: key.cmk.id, cipher_text: encodeBase64(ciphertext) }
    } finally {
      text.fill(0)
    }
  },
})

function readText(plainText: string): Uint8Array {
  // A lone surrogate has no UTF-8 form: another text would come back.
  const text = plainText.isWellFormed() ? Buffer.from(plainText, 'utf8') : undefined
  if (text && text.length <= MAX_TEXT_BYTES) return text
  text?.fill(0)
  throw new KmsError(
    'KMS.2101',
    `plain_text must be valid Unicode text of at most ${MAX_TEXT_BYTES} bytes of UTF-8.`,
  )
}

/** Encrypts a text under a key as an algorithm of the wire says. Zeroes the text. */
export function encrypt(
  { cmk, form, token: { hsm } }: EncryptionKey,
  request: {
    readonly algorithm: EncryptionAlgorithm
    readonly text: Uint8Array
    readonly context: Uint8Array
  },
): Promise<Uint8Array> {
  const { algorithm, text, context } = request
  const scheme = encryptionScheme(algorithm, form)
  const key = currentKey(cmk)
  if (scheme === 'frame') return sealText(hsm, { key, text, context })
  requireNoContext(context)
  return encryptUnderRsa(hsm, { key, hash: scheme, text })
}
