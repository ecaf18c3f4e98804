import { Type } from '../packages/typebox.js'
import { AccessPointPath, switchAccessPoint } from './access-point.js'
import { defineOperation } from './operation.js'

/** Keeps an access point from opening capsules. */
export const disableAccessPoint = defineOperation({
  name: 'DisableAccessPoint',
  group: 'Trusted key space',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/access-points/{access_point_id}/disable',
  action: 'kms:accessPoint:disable',
  identityAction: 'kms:accessPoint:disable',
  target: 'project',
  summary: 'Keep an access point from opening capsules.',
  request: { path: AccessPointPath },
  response: Type.Object({}),
  status: 200,
  errors: ['KMS.0308'],
  example: { response: {} },
  async handle({ path }, service, call) {
    await switchAccessPoint(service, call, { id: path.access_point_id, enabled: false })
    return {}
  },
})
