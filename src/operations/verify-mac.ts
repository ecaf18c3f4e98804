import { Type } from '../packages/typebox.js'
import { decodeHex } from '../codec/hex.js'
import { KmsError } from '../core/errors.js'
import { EXAMPLE_KEY_ID, EXAMPLE_MAC } from './examples.js'
import { ProjectPath, failing } from './fields.js'
import { MAC_ERRORS, MacFields, readMacRequest } from './mac-request.js'
import { defineOperation } from './operation.js'
import { firstAnswer } from './pair-versions.js'

/** Twice as long as any code: one of the wrong length is wrong, not malformed. */
const MAX_DIGITS = 256

const Body = Type.Object({
  ...MacFields,
  mac: Type.String({
    description: 'The code to verify, in hexadecimal of either case.',
    minLength: 1,
    maxLength: MAX_DIGITS,
    pattern: '^(?:[0-9A-Fa-f]{2})*$',
    ...failing({
      code: 'KMS.0308',
      expected: `hexadecimal with an even number of digits, at most ${MAX_DIGITS} of them`,
    }),
  }),
})

/** Verifies a MAC. */
export const verifyMac = defineOperation({
  name: 'VerifyMac',
  group: 'MAC',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/verify-mac',
  action: 'kms:cmk:verifyMac',
  identityAction: 'kms:cmk:verifyMac',
  target: 'key',
  summary: 'Verify a message authentication code; a wrong one is no error.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that the code was verified with.' }),
    mac_algorithm: Type.String({ description: 'Algorithm, as requested.' }),
    mac_valid: Type.Boolean({ description: 'Whether it is the code of this message.' }),
  }),
  status: 200,
  errors: MAC_ERRORS,
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      mac_algorithm: 'HMAC_SHA_256',
      message: 'aGVsbG8gd29ybGQ=',
      mac: EXAMPLE_MAC,
    },
    response: { key_id: EXAMPLE_KEY_ID, mac_algorithm: 'HMAC_SHA_256', mac_valid: true },
  },
  async handle({ body }, service, call) {
    const mac = decodeHex(body.mac)
    if (!mac) throw new KmsError('KMS.0308', 'mac must be hexadecimal.')
    const { cmk, ...request } = await readMacRequest(service, call, body)
    const valid = await firstAnswer(service, call, cmk, async (key, { hsm }) =>
      (await hsm.verifyMac({ ...request, key, mac })) ? true : undefined,
    )
    const mac_valid = valid === true
    return { key_id: cmk.id, mac_algorithm: body.mac_algorithm, mac_valid }
  },
})
