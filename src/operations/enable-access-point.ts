import { Type } from '../packages/typebox.js'
import { AccessPointPath, switchAccessPoint } from './access-point.js'
import { defineOperation } from './operation.js'

/** Lets an access point open capsules again. */
export const enableAccessPoint = defineOperation({
  name: 'EnableAccessPoint',
  group: 'Trusted key space',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/access-points/{access_point_id}/enable',
  action: 'kms:accessPoint:enable',
  identityAction: 'kms:accessPoint:enable',
  target: 'project',
  summary: 'Let an access point open capsules again.',
  request: { path: AccessPointPath },
  response: Type.Object({}),
  status: 200,
  errors: ['KMS.0308'],
  example: { response: {} },
  async handle({ path }, service, call) {
    await switchAccessPoint(service, call, { id: path.access_point_id, enabled: true })
    return {}
  },
})
