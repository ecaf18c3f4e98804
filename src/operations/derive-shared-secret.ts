import { Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { currentKey } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { requireAgreement } from '../core/key-use.js'
import { readPeerPoint } from '../core/peer-key.js'
import { EXAMPLE_KEY_ID, EXAMPLE_PEER_KEY, EXAMPLE_SHARED_SECRET } from './examples.js'
import { KeyReference, OneOf, ProjectPath, failing } from './fields.js'
import { KEY_USE_ERRORS } from './key-use-errors.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { readBase64 } from './read-base64.js'
import { tokenOfCall } from './version-token.js'

/** Public keys on the curves of this service have about 120 bytes. */
const MAX_PUBLIC_KEY_BYTES = 1024

const Body = Type.Object({
  key_id: KeyReference,
  key_agreement_algorithm: OneOf(['ECDH'], { description: 'Algorithm.', code: 'KMS.0308' }),
  public_key: Type.String({
    description: 'Public key of the peer on the same curve, base64 of DER SubjectPublicKeyInfo.',
    minLength: 1,
    maxLength: 1368,
    pattern: '^[0-9a-zA-Z+/=]*$',
    ...failing({
      code: 'KMS.0308',
      expected: `base64 of a DER SubjectPublicKeyInfo of at most ${MAX_PUBLIC_KEY_BYTES} bytes`,
    }),
  }),
  recipient: Type.Optional(
    Type.Unsafe<object>({
      type: 'object',
      description: 'Enclave that the secret is encrypted for: refused, as none is known here.',
      ...failing({ code: 'KMS.3804', expected: 'left out: no enclave is known here' }),
    }),
  ),
})

/** Agrees on a secret with the holder of another key. */
export const deriveSharedSecret = defineOperation({
  name: 'DeriveSharedSecret',
  group: 'Signature',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/derive-shared-secret',
  action: 'kms:cmk:deriveSharedSecret',
  identityAction: 'kms:cmk:deriveSharedSecret',
  target: 'key',
  summary: 'Agree on a secret with the holder of another key on the same curve.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key of this side.' }),
    key_agreement_algorithm: Type.String({ description: 'Algorithm.' }),
    shared_secret: Type.String({
      description: 'The x coordinate of the shared point, in base64: derive a key from it.',
    }),
  }),
  status: 200,
  errors: [...KEY_USE_ERRORS, 'KMS.0331', 'KMS.0335', 'KMS.0341', 'KMS.3804'],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      key_agreement_algorithm: 'ECDH',
      public_key: EXAMPLE_PEER_KEY,
    },
    response: {
      key_id: EXAMPLE_KEY_ID,
      key_agreement_algorithm: 'ECDH',
      shared_secret: EXAMPLE_SHARED_SECRET,
    },
  },
  async handle({ body }, service, call) {
    if (body.recipient) {
      throw new KmsError('KMS.3804', 'recipient must be left out: no enclave is known here.')
    }
    const peer = readBase64(body.public_key, { field: 'public_key', max: MAX_PUBLIC_KEY_BYTES })
    const cmk = await loadCmk(service, call, body.key_id)
    requireAgreement(cmk)
    const point = readPeerPoint(peer, cmk.spec)
    // With the newest version alone: nothing tells which public key of this side the peer has used.
    const { hsm } = await tokenOfCall(service, call, cmk)
    const secret = await hsm.agree({ key: currentKey(cmk), point })
    try {
      const shared_secret = encodeBase64(secret)
      return {
        key_id: cmk.id,
        key_agreement_algorithm: body.key_agreement_algorithm,
        shared_secret,
      }
    } finally {
      secret.fill(0)
    }
  },
})
