import { Type } from 'typebox'
import { KEY_STATES } from '../core/cmk.js'
import { MAX_DATAKEY_FRAME_BYTES } from '../codec/datakey-frame.js'
import type { ErrorCode } from '../core/errors.js'
import { KEY_SPECS } from '../core/key-specs.js'

/*
 * Field schemas that several operations share. `x-error-code` names the error of a field that fails its schema;
 * without it the general KMS.0308 is answered. A missing field is KMS.0204 everywhere.
 */

/** Options of a schema that carry the error code of the field. */
export function failing(code: ErrorCode): { 'x-error-code': ErrorCode } {
  return { 'x-error-code': code }
}

/** Path parameters of every operation on a project. */
export const ProjectPath = Type.Object({
  project_id: Type.String({ description: 'Project that owns the keys.' }),
})

/** Key reference: the id, `alias/<name>` or the URN of an alias. */
export const KeyReference = Type.String({
  description: 'Key id of 36 characters, alias/<name>, or the URN of an alias.',
  pattern:
    '^(?:[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}|alias/[a-zA-Z0-9:/_-]{1,255}|kms:[^:]+:[^:]+:alias:[a-zA-Z0-9:/_-]{1,255})$',
  ...failing('KMS.0205'),
})

/** Correlation id of the client: validated, logged, never echoed. */
export const Sequence = Type.Optional(
  Type.String({
    description: 'Correlation id of the message, 36 characters.',
    minLength: 36,
    maxLength: 36,
    ...failing('KMS.0206'),
  }),
)

/** A whole number that the contract writes as text; a JSON number is taken alike. */
export function WholeNumber(options: { readonly description: string; readonly code: ErrorCode }) {
  return Type.Union([Type.String({ maxLength: 20 }), Type.Integer()], {
    description: options.description,
    ...failing(options.code),
  })
}

/** `encryption_context`: judged by its own rules, which no general schema keyword can state in one code. */
export const EncryptionContext = Type.Optional(
  Type.Unsafe<unknown>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Flat map of texts bound to the ciphertext, up to 8192 characters. No secrets.',
    ...failing('KMS.0208'),
  }),
)

/** `additional_authenticated_data`. */
export const AdditionalAuthenticatedData = Type.Optional(
  Type.String({
    description: 'Text bound to the ciphertext, up to 128 bytes. No secrets.',
    ...failing('KMS.0308'),
  }),
)

/** Frame of a data key in hexadecimal. */
export const CipherText = Type.String({
  description: 'Data-key frame in hexadecimal.',
  minLength: 1,
  maxLength: 2 * MAX_DATAKEY_FRAME_BYTES,
  ...failing('KMS.2201'),
})

/** Closed set of texts. */
export function OneOf<const Values extends readonly [string, ...string[]]>(
  values: Values,
  options: { readonly description: string; readonly code: ErrorCode },
) {
  return Type.Unsafe<Values[number]>({
    type: 'string',
    enum: [...values],
    description: options.description,
    ...failing(options.code),
  })
}

/** `key_spec` of a CMK. */
export const KeySpecField = OneOf(KEY_SPECS, {
  description: 'Algorithm and size of the key.',
  code: 'KMS.1110',
})

/** `key_state` of a CMK. */
export const KeyStateField = OneOf(KEY_STATES, {
  description:
    '1 awaiting activation, 2 enabled, 3 disabled, 4 scheduled for deletion, 5 awaiting import.',
  code: 'KMS.0308',
})
