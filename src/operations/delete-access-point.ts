import { Type } from '../packages/typebox.js'
import { AccessPointPath, accessPointKind } from './access-point.js'
import { removeObject } from './key-space-objects.js'
import { defineOperation } from './operation.js'

/** Deletes an access point, with its private key. */
export const deleteAccessPoint = defineOperation({
  name: 'DeleteAccessPoint',
  group: 'Trusted key space',
  method: 'DELETE',
  path: '/v1.0/{project_id}/kms/access-points/{access_point_id}',
  action: 'kms:accessPoint:delete',
  identityAction: 'kms:accessPoint:delete',
  target: 'project',
  summary: 'Delete an access point; what only it may open stays closed for good.',
  request: { path: AccessPointPath },
  response: Type.Object({}),
  status: 204,
  errors: ['KMS.0308'],
  example: { response: {} },
  async handle({ path }, service, call) {
    await removeObject(accessPointKind(service), call, path.access_point_id)
    return {}
  },
})
