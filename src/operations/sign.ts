import { Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { encodeEcdsaSignature } from '../codec/ecdsa-signature.js'
import { currentKey } from '../core/cmk.js'
import { EXAMPLE_DIGEST, EXAMPLE_KEY_ID, EXAMPLE_SIGNATURE } from './examples.js'
import { ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'
import { SIGNING_ERRORS, SigningBody, readSigningRequest } from './signing-request.js'

/** Signs a message or its digest. */
export const sign = defineOperation({
  name: 'Sign',
  group: 'Signature',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/sign',
  action: 'kms:cmk:sign',
  identityAction: 'kms:cmk:sign',
  target: 'key',
  summary: 'Sign a message of up to 4096 bytes, or its digest.',
  request: { path: ProjectPath, body: SigningBody },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that signed.' }),
    signature: Type.String({ description: 'Signature in base64; of ECDSA in DER.' }),
  }),
  status: 200,
  errors: SIGNING_ERRORS,
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      message: EXAMPLE_DIGEST,
      signing_algorithm: 'ECDSA_SHA_256',
      message_type: 'DIGEST',
    },
    response: { key_id: EXAMPLE_KEY_ID, signature: EXAMPLE_SIGNATURE },
  },
  async handle({ body }, service, call) {
    const { cmk, hsm, orderBytes, ...request } = await readSigningRequest(service, call, body)
    const plain = await hsm.sign({ ...request, key: currentKey(cmk) })
    const signature = orderBytes === undefined ? plain : encodeEcdsaSignature(plain)
    return { key_id: cmk.id, signature: encodeBase64(signature) }
  },
})
