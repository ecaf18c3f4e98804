import { Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { openAccessPointKey } from '../core/access-point-key.js'
import { KmsError } from '../core/errors.js'
import { AccessPointPath, EXAMPLE_ACCESS_POINT_ID, accessPointKind } from './access-point.js'
import { loadObject } from './key-space-objects.js'
import { defineOperation } from './operation.js'

/** Hands out the private key of a custom access point. */
export const downloadAccessPointPrivateKey = defineOperation({
  name: 'DownloadAccessPointPrivateKey',
  group: 'Trusted key space',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/access-points/{access_point_id}/get-privatekey',
  action: 'kms:accessPoint:getPrivateKey',
  identityAction: 'kms:accessPoint:getPrivateKey',
  target: 'project',
  summary: 'Fetch the private key of a custom access point.',
  request: { path: AccessPointPath },
  response: Type.Object({
    access_point_id: Type.String({ description: 'Access point.' }),
    private_key: Type.String({ description: 'P-256 private key, base64 of its PKCS#8 DER.' }),
  }),
  status: 200,
  errors: ['KMS.0306', 'KMS.0308'],
  example: {
    response: { access_point_id: EXAMPLE_ACCESS_POINT_ID, private_key: 'MIGHAgEAMBMGByqG…' },
  },
  async handle({ path }, service, call) {
    const point = await loadObject(accessPointKind(service), call, path.access_point_id)
    const { sealedPrivateKey } = point
    if (!sealedPrivateKey) {
      throw new KmsError(
        'KMS.0308',
        'access_point_id must name a custom access point (type 3): no other has a private key here.',
      )
    }
    if (!point.enabled) {
      throw new KmsError('KMS.0306', 'The access point is disabled. Enable it first.')
    }
    const secret = await openAccessPointKey(service.credentials, { owner: point, sealedPrivateKey })
    try {
      return { access_point_id: point.id, private_key: encodeBase64(secret) }
    } finally {
      secret.fill(0)
    }
  },
})
