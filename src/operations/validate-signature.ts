import { Type } from '../packages/typebox.js'
import { decodeEcdsaSignature } from '../codec/ecdsa-signature.js'
import { EXAMPLE_DIGEST, EXAMPLE_KEY_ID, EXAMPLE_SIGNATURE } from './examples.js'
import { ProjectPath, failing } from './fields.js'
import { defineOperation } from './operation.js'
import { firstAnswer } from './pair-versions.js'
import { readBase64 } from './read-base64.js'
import { SIGNING_ERRORS, SigningFields, readSigningRequest } from './signing-request.js'

/** Longer than any signature that a key here makes. */
const MAX_SIGNATURE_BYTES = 8192

const Body = Type.Object({
  ...SigningFields,
  signature: Type.String({
    description: 'Signature in base64; of ECDSA in DER.',
    minLength: 1,
    maxLength: 11_000,
    pattern: '^[0-9a-zA-Z+/=]*$',
    ...failing({ code: 'KMS.0308', expected: `base64 of at most ${MAX_SIGNATURE_BYTES} bytes` }),
  }),
})

/** Verifies a signature. */
export const validateSignature = defineOperation({
  name: 'ValidateSignature',
  group: 'Signature',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/verify',
  action: 'kms:cmk:verify',
  identityAction: 'kms:cmk:verify',
  target: 'key',
  summary: 'Verify a signature; a wrong one is no error.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that the signature was verified with.' }),
    signature_valid: Type.String({ description: 'true or false, as a text.' }),
  }),
  status: 200,
  errors: SIGNING_ERRORS,
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      message: EXAMPLE_DIGEST,
      signature: EXAMPLE_SIGNATURE,
      signing_algorithm: 'ECDSA_SHA_256',
      message_type: 'DIGEST',
    },
    response: { key_id: EXAMPLE_KEY_ID, signature_valid: 'true' },
  },
  async handle({ body }, service, call) {
    const given = readBase64(body.signature, { field: 'signature', max: MAX_SIGNATURE_BYTES })
    const { cmk, scheme, message, orderBytes } = await readSigningRequest(service, call, body)
    const signature = orderBytes === undefined ? given : decodeEcdsaSignature(given, orderBytes)
    // Bytes that are no signature at all are as wrong as a signature of something else.
    const valid =
      signature &&
      (await firstAnswer(service, call, cmk, async (key, { hsm }) =>
        (await hsm.verify({ key, scheme, message, signature })) ? true : undefined,
      ))
    return { key_id: cmk.id, signature_valid: String(valid === true) }
  },
})
