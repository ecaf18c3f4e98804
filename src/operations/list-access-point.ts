import { Type } from '../packages/typebox.js'
import { isoTime } from '../core/iso-time.js'
import { ProjectPath } from './fields.js'
import {
  KEY_SPACE_LIST_ERRORS,
  KeySpaceQuery,
  PageInfo,
  WireTime,
  listPage,
  sharedMembers,
} from './key-space-fields.js'
import { defineOperation } from './operation.js'

/** Lists the access points of a key space. */
export const listAccessPoint = defineOperation({
  name: 'ListAccessPoint',
  group: 'Trusted key space',
  method: 'GET',
  path: '/v1.0/{project_id}/kms/access-points',
  action: 'kms:accessPoint:list',
  identityAction: 'kms:accessPoint:list',
  target: 'project',
  summary: 'List the access points of a key space.',
  request: { path: ProjectPath, query: KeySpaceQuery },
  response: Type.Object({
    page_info: PageInfo,
    access_points: Type.Array(
      Type.Object({
        access_point_id: Type.String({ description: 'Id.' }),
        keyspace_id: Type.String({ description: 'Key space.' }),
        access_point_name: Type.String({ description: 'Name.' }),
        state: Type.Integer({ description: '0 disabled, 1 enabled.' }),
        type: Type.Integer({ description: '1 virtual machine, 2 container cluster, 3 custom.' }),
        created_by: Type.String({ description: 'User who made it.' }),
        create_time: WireTime,
        // The wire contract spells it so.
        lsat_modify_time: WireTime,
      }),
      { description: 'By id.' },
    ),
  }),
  status: 200,
  errors: KEY_SPACE_LIST_ERRORS,
  example: {
    response: { page_info: { next_marker: '', current_count: 0 }, access_points: [] },
  },
  async handle({ query }, { accessPoints }, call) {
    const { items, page_info } = await listPage(accessPoints, call, query)
    return {
      page_info,
      access_points: items.map((point) => ({
        access_point_id: point.id,
        access_point_name: point.name,
        ...sharedMembers(point),
        state: point.enabled ? 1 : 0,
        type: point.type,
        lsat_modify_time: isoTime(point.modifiedAt),
      })),
    }
  },
})
