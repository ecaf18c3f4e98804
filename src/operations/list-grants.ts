import { Type } from '../packages/typebox.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence } from './fields.js'
import { GRANTS_ON_PAGE, GrantDetails, grantDetails } from './grant-fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { LimitField, MarkerField, PagingMembers, pagingOf, parsePage } from './paging.js'

/** Lists the grants on a CMK of the project. */
export const listGrants = defineOperation({
  name: 'ListGrants',
  group: 'Grants',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/list-grants',
  action: 'kms:grant:list',
  identityAction: 'kms:cmk:listGrants',
  target: 'key',
  summary: 'List grants on a key.',
  request: {
    path: ProjectPath,
    body: Type.Object({
      key_id: KeyIdField,
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
  errors: ['KMS.0205', 'KMS.0207', 'KMS.1601', 'KMS.1602'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, limit: '', marker: '' },
    response: { grants: [], next_marker: '', truncated: 'false', total: 0 },
  },
  async handle({ body }, service, call) {
    const page = parsePage(body, GRANTS_ON_PAGE)
    const { id: keyId } = await loadCmk(service, call, body.key_id)
    const { grants, total } = await service.grants.listByKey({ keyId, page })
    return {
      grants: grants.map(grantDetails),
      ...pagingOf(page, { count: grants.length, total }),
    }
  },
})
