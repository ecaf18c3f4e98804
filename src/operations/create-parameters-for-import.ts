import { Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { issueImportToken } from '../core/import-token.js'
import type { OaepHash } from '../core/hsm-data.js'
import {
  pairForImport,
  requireImporting,
  requireImports,
  requireOaepHash,
  tokenForImport,
} from '../core/import-parameters.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, OneOf, ProjectPath, Sequence } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

/**
 * PKCS#1 v1.5 padding (RSAES_PKCS1_V1_5) is left out for the oracle that it makes of the token, SM2_ENCRYPT because the
 * tokens do not have it.
 */
const HASHES = {
  RSAES_OAEP_SHA_256: 'sha256',
  RSAES_OAEP_SHA_1: 'sha1',
} as const satisfies Record<string, OaepHash>

/** Hands out what material for an external CMK is wrapped with: a public key, and a token that permits the import. */
export const createParametersForImport = defineOperation({
  name: 'CreateParametersForImport',
  group: 'Key import',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/get-parameters-for-import',
  action: 'kms:cmk:getMaterial',
  identityAction: 'kms:cmk:getMaterial',
  target: 'key',
  summary: 'Get a wrapping key and a token for the import of key material.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      key_id: KeyIdField,
      wrapping_algorithm: OneOf(['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'], {
        description: 'How the material will be wrapped.',
        code: 'KMS.0308',
      }),
      sequence: Sequence,
    }),
  },
  response: Type.Object({
    key_id: Type.String({ description: 'Key id.' }),
    import_token: Type.String({ description: 'Token for import-key-material, base64.' }),
    expiration_time: Type.Integer({
      description: 'When the token expires, in seconds since 1970.',
    }),
    public_key: Type.String({
      description: 'RSA-2048 wrapping key: DER SubjectPublicKeyInfo in base64.',
    }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0309', 'KMS.0310', 'KMS.0339', 'KMS.0340', 'KMS.0341'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, wrapping_algorithm: 'RSAES_OAEP_SHA_256' },
    response: {
      key_id: EXAMPLE_KEY_ID,
      import_token: Buffer.alloc(160).toString('base64'),
      expiration_time: 1501578672,
      public_key: Buffer.alloc(294).toString('base64'),
    },
  },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.key_id)
    requireImporting(cmk)
    const token = await tokenForImport(service, cmk)
    const hash = HASHES[body.wrapping_algorithm]
    requireImports(token.hsm.limits, cmk)
    requireOaepHash(token, hash)
    const now = service.clock()
    const { pair, publicKey } = await pairForImport(token, service.importPairs, { cmk, now })
    const issued = await issueImportToken(token, { cmkId: cmk.id, pair: pair.key, hash, now })
    return {
      key_id: cmk.id,
      import_token: encodeBase64(issued.token),
      expiration_time: issued.expiresAt,
      public_key: encodeBase64(publicKey),
    }
  },
})
