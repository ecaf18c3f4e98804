import { Type } from '../packages/typebox.js'
import type { AccessPoint } from '../core/key-space.js'
import type { Service } from '../core/service.js'
import { ProjectPath } from './fields.js'
import { type Kind, changeObject } from './key-space-objects.js'
import type { ProjectCall } from './operation.js'

/** Path of the calls on one access point. */
export const AccessPointPath = Type.Object({
  ...ProjectPath.properties,
  access_point_id: Type.String({ description: 'Access point.' }),
})

/** A sample id for the documents. */
export const EXAMPLE_ACCESS_POINT_ID = '5f3c9a52-6d1b-4c0e-9a61-0f4f6b1f2d11'

/** Access points of the service. */
export function accessPointKind({ accessPoints }: Service): Kind<AccessPoint> {
  return { store: accessPoints, field: 'access_point_id', noun: 'access point' }
}

/** Switches an access point on or off; where it is so already, nothing changes. */
export async function switchAccessPoint(
  service: Service,
  call: ProjectCall,
  request: { readonly id: string; readonly enabled: boolean },
): Promise<void> {
  const { id, enabled } = request
  await changeObject(accessPointKind(service), call, {
    id,
    change: (point) =>
      point.enabled === enabled ? point : { ...point, enabled, modifiedAt: service.clock() },
  })
}
