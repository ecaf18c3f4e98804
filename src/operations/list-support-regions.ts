import { Type } from '../packages/typebox.js'
import { ProjectPath } from './fields.js'
import { defineOperation } from './operation.js'
import { LimitField, OffsetField, parseOffsetPage } from './paging.js'

const REGIONS_ON_PAGE = 10

/** Lists the regions of the service: the one it is. */
export const listSupportRegions = defineOperation({
  name: 'ListSupportRegions',
  group: 'Multi-region',
  method: 'GET',
  path: '/v2/{project_id}/kms/regions',
  action: 'kms:region:list',
  identityAction: 'kms:region:list',
  target: 'project',
  summary: 'List the regions of the service; a single site has one.',
  request: {
    path: ProjectPath,
    query: Type.Object({ limit: LimitField(REGIONS_ON_PAGE), offset: OffsetField }),
  },
  response: Type.Object({
    regions: Type.Array(Type.String(), { description: 'Region ids.' }),
  }),
  status: 200,
  errors: ['KMS.1601', 'KMS.1603'],
  example: { response: { regions: ['eu-west-101'] } },
  handle({ query }, { region }) {
    const { limit, offset } = parseOffsetPage(query, REGIONS_ON_PAGE)
    return Promise.resolve({ regions: [region].slice(offset, offset + limit) })
  },
})
