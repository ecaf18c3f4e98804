import { Type } from 'typebox'
import { parseWhole } from '../core/datakey.js'
import { ProjectPath, WholeNumber } from './fields.js'
import { defineOperation } from './operation.js'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 1000

/** Lists the regions of the service: the one it is. */
export const listSupportRegions = defineOperation({
  name: 'ListSupportRegions',
  group: 'Multi-region',
  method: 'GET',
  path: '/v2/{project_id}/kms/regions',
  action: 'kms:region:list',
  summary: 'List the regions of the service; a single site has one.',
  request: {
    path: ProjectPath,
    query: Type.Object({
      limit: Type.Optional(
        WholeNumber({
          description: `Page size, 1 to ${MAX_LIMIT}; absent: ${DEFAULT_LIMIT}.`,
          code: 'KMS.1601',
          expected: `a whole number from 1 to ${MAX_LIMIT}`,
        }),
      ),
      offset: Type.Optional(
        WholeNumber({
          description: 'How many to leave out in front; absent: 0.',
          code: 'KMS.1603',
          expected: 'a whole number from 0',
        }),
      ),
    }),
  },
  response: Type.Object({
    regions: Type.Array(Type.String(), { description: 'Region ids.' }),
  }),
  status: 200,
  errors: ['KMS.1601', 'KMS.1603'],
  example: { response: { regions: ['eu-west-101'] } },
  handle({ query }, { region }) {
    const limit = parseWhole(query.limit ?? DEFAULT_LIMIT, {
      field: 'limit',
      min: 1,
      max: MAX_LIMIT,
      code: 'KMS.1601',
    })
    const offset = parseWhole(query.offset ?? 0, {
      field: 'offset',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      code: 'KMS.1603',
    })
    return Promise.resolve({ regions: [region].slice(offset, offset + limit) })
  },
})
