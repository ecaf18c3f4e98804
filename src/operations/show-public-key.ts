import { Type } from '../packages/typebox.js'
import { encodePem } from '../codec/pem.js'
import { currentKey } from '../core/cmk.js'
import { requirePair } from '../core/key-use.js'
import { EXAMPLE_KEY_ID, EXAMPLE_PUBLIC_KEY } from './examples.js'
import { KeyReference, ProjectPath, Sequence } from './fields.js'
import { KEY_USE_ERRORS } from './key-use-errors.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { tokenOfCall } from './version-token.js'

/** Gives out the public key of a pair. */
export const showPublicKey = defineOperation({
  name: 'ShowPublicKey',
  group: 'Signature',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/get-publickey',
  action: 'kms:cmk:getPublicKey',
  identityAction: 'kms:cmk:getPublicKey',
  target: 'key',
  summary: 'Return the public key of an asymmetric key.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyReference, sequence: Sequence }) },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that it belongs to.' }),
    public_key: Type.String({
      description: 'SubjectPublicKeyInfo (RFC 5280) as PEM, with CRLF line ends.',
    }),
  }),
  status: 200,
  errors: [...KEY_USE_ERRORS, 'KMS.0331', 'KMS.0341'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: { key_id: EXAMPLE_KEY_ID, public_key: EXAMPLE_PUBLIC_KEY },
  },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.key_id)
    requirePair(cmk)
    const { hsm } = await tokenOfCall(service, call, cmk)
    const publicKey = await hsm.publicKey(currentKey(cmk))
    return { key_id: cmk.id, public_key: encodePem('PUBLIC KEY', publicKey) }
  },
})
