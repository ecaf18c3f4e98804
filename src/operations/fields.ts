import { Type } from '../packages/typebox.js'
import { KEY_STATES } from '../core/cmk.js'
import { MAX_DATAKEY_FRAME_BYTES } from '../codec/datakey-frame.js'
import type { ErrorCode } from '../core/errors.js'
import { KEY_SPECS, KEY_USAGES } from '../core/key-specs.js'

/*
 * Field schemas that several operations share. Two annotations ride along with a field: `x-error-code` names the error
 * of a field that fails its schema (without it: the general KMS.0308), and `x-expected` ends the sentence "<field>
 * must be …" that the client reads. A missing field is KMS.0204 everywhere.
 */

/** What a field must be, and the error code where it is not. */
export interface Judgement {
  readonly code: ErrorCode
  /** Ends the sentence "<field> must be …". */
  readonly expected: string
}

/** Options of a schema that carry its {@link Judgement}. */
export function failing({ code, expected }: Judgement): {
  'x-error-code': ErrorCode
  'x-expected': string
} {
  return { 'x-error-code': code, 'x-expected': expected }
}

/** Path parameters of every operation on a project. */
export const ProjectPath = Type.Object({
  project_id: Type.String({ description: 'Project that owns the keys.' }),
})

/** Key reference: the id, `alias/<name>` or the URN of an alias. */
export const KeyReference = Type.String({
  description: 'Key id of 36 characters, alias/<name>, or the URN of an alias.',
  pattern:
    '^(?:[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}|alias/[a-zA-Z0-9:/_-]{1,255}|kms:[a-zA-Z0-9_-]{1,64}:[a-zA-Z0-9_-]{1,64}:alias:[a-zA-Z0-9:/_-]{1,255})$',
  ...failing({
    code: 'KMS.0205',
    expected: 'a key id of 36 lower-case characters, alias/<name>, or the URN of an alias',
  }),
})

/** What a key id looks like to the wire contract, which is laxer than what we give out. */
export const KEY_ID_PATTERN = '^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$'

/** Key id: calls that manage a CMK name it by its id alone. */
export const KeyIdField = Type.String({
  description: 'Key id of 36 characters.',
  pattern: KEY_ID_PATTERN,
  ...failing({ code: 'KMS.0205', expected: 'a key id of 36 lower-case characters' }),
})

/** Correlation id of the client: validated, logged, never echoed. */
export const Sequence = Type.Optional(
  Type.String({
    description: 'Correlation id of the message, 36 characters.',
    minLength: 36,
    maxLength: 36,
    ...failing({ code: 'KMS.0206', expected: 'a text of 36 characters' }),
  }),
)

/** A whole number that the contract writes as text; a JSON number is taken alike. */
export function WholeNumber(options: { readonly description: string } & Judgement) {
  return Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    description: options.description,
    ...failing(options),
  })
}

/** `encryption_context`: its lengths are judged in core, which alone knows the canonical form. */
export const EncryptionContext = Type.Optional(
  Type.Unsafe<unknown>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Flat map of texts bound to the ciphertext, up to 8192 characters. No secrets.',
    ...failing({
      code: 'KMS.0208',
      expected: 'an object whose values are all texts, with no member nested',
    }),
  }),
)

/** `additional_authenticated_data`. */
export const AdditionalAuthenticatedData = Type.Optional(
  Type.String({
    description: 'Text bound to the ciphertext, up to 128 bytes. No secrets.',
    ...failing({ code: 'KMS.0308', expected: 'a text' }),
  }),
)

/** `pin`: what it must be depends on `pin_type`, so core judges it. */
export const Pin = Type.Optional(
  Type.String({
    description: 'PIN that the data key is bound to: without it the data key is not given out.',
    maxLength: 512,
    ...failing({ code: 'KMS.0308', expected: 'a text of at most 512 characters' }),
  }),
)

/** `pin_type`. */
export const PinType = Type.Optional(
  OneOf(['CipherText', 'PlainText'], {
    description: 'Form of the PIN: sealed by create-pin, which is the default, or in clear.',
    code: 'KMS.0308',
  }),
)

/** Frame of a data key or of a private key, or the bare ciphertext of an RSA key, in hexadecimal. */
export const CipherText = Type.String({
  description: 'Wrapped data key in hexadecimal.',
  minLength: 1,
  maxLength: 2 * MAX_DATAKEY_FRAME_BYTES,
  pattern: '^(?:[0-9A-Fa-f]{2})*$',
  ...failing({
    code: 'KMS.2201',
    expected: `hexadecimal with an even number of digits, at most ${2 * MAX_DATAKEY_FRAME_BYTES} of them`,
  }),
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
    ...failing({ code: options.code, expected: `one of ${values.join(', ')}` }),
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

/** `key_usage` of a CMK. */
export const KeyUsageField = OneOf(KEY_USAGES, {
  description: 'What the key may be used for.',
  code: 'KMS.0308',
})

/** Characters that the wire contract admits in every kind of name. */
export const NAME_PATTERN = '[a-zA-Z0-9:/_-]{1,255}'

/** A name that is given to something. */
export function NameField(options: { readonly description: string; readonly code: ErrorCode }) {
  return Type.String({
    description: options.description,
    pattern: `^${NAME_PATTERN}$`,
    ...failing({
      code: options.code,
      expected: '1 to 255 letters, digits, colons, slashes, underscores or hyphens',
    }),
  })
}

/** `key_alias`: the name of a CMK; whether it is reserved is judged in core. */
export const KeyAliasField = NameField({
  description: 'Name of the key, unique in the project.',
  code: 'KMS.1101',
})

/** Neither a NUL nor half of a surrogate pair can be stored as text in every database. */
export const STORABLE_PATTERN = '^[^\\u0000\\uD800-\\uDFFF]*$'

/** `key_description`: free text. */
export const KeyDescriptionField = Type.String({
  description: 'Free text.',
  maxLength: 255,
  pattern: STORABLE_PATTERN,
  ...failing({ code: 'KMS.1103', expected: 'a text of at most 255 characters' }),
})
