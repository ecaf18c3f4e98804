import { Type } from '../packages/typebox.js'
import { ProjectPath, Sequence } from './fields.js'
import { GRANTS_ON_PAGE, GrantDetails, grantDetails } from './grant-fields.js'
import { defineOperation } from './operation.js'
import { LimitField, MarkerField, PagingMembers, pagingOf, parsePage } from './paging.js'

/** Lists the grants that name the calling user as the one who may retire them, on keys of whatever project. */
export const listRetirableGrants = defineOperation({
  name: 'ListRetirableGrants',
  group: 'Grants',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/list-retirable-grants',
  action: 'kms:grant:list',
  identityAction: 'kms:cmk:listRetirableGrants',
  target: 'project',
  summary: 'List grants the caller may retire.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      limit: LimitField(GRANTS_ON_PAGE),
      marker: MarkerField,
      sequence: Sequence,
    }),
  },
  response: Type.Object({
    grants: Type.Array(GrantDetails, { description: 'Grants of the page, oldest first.' }),
    ...PagingMembers,
  }),
  status: 200,
  errors: ['KMS.1601', 'KMS.1602'],
  example: {
    request: {},
    response: { grants: [], next_marker: '', truncated: 'false', total: 0 },
  },
  async handle({ body }, service, { caller }) {
    const page = parsePage(body, GRANTS_ON_PAGE)
    const principal = caller.userId
    const { grants, total } = await service.grants.listRetirable({ principal, page })
    return {
      grants: grants.map(grantDetails),
      ...pagingOf(page, { count: grants.length, total }),
    }
  },
})
