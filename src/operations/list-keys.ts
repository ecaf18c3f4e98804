import { type Static, Type } from '../packages/typebox.js'
import { KEY_STATES, type KeyState } from '../core/cmk.js'
import { KEY_SPECS } from '../core/key-specs.js'
import type { CmkFilter } from '../core/key-store.js'
import { OneOf, ProjectPath, Sequence, failing } from './fields.js'
import { KeyDetails, keyDetails } from './key-details.js'
import { defineOperation } from './operation.js'
import { LimitField, MAX_LIMIT, MarkerField, PagingMembers, pagingOf, parsePage } from './paging.js'

const Body = Type.Object({
  limit: LimitField(MAX_LIMIT),
  marker: MarkerField,
  key_state: Type.Optional(
    Type.Unsafe<KeyState | number>({
      type: ['string', 'integer'],
      enum: [...KEY_STATES, ...KEY_STATES.map(Number)],
      description: 'Only keys in this state.',
      ...failing({ code: 'KMS.0308', expected: `one of ${KEY_STATES.join(', ')}` }),
    }),
  ),
  key_spec: Type.Optional(
    OneOf([...KEY_SPECS, 'ALL'], {
      description: 'Only keys of this specification; absent: AES_256.',
      code: 'KMS.0308',
    }),
  ),
  enterprise_project_id: Type.Optional(
    Type.String({
      description: 'Only keys of this enterprise project; absent: all.',
      pattern: '^[0-9a-zA-Z-]{1,36}$',
      ...failing({ code: 'KMS.0308', expected: 'all, 0, or the id of an enterprise project' }),
    }),
  ),
  sequence: Sequence,
})

/** Lists the CMKs of the project, ids and details. */
export const listKeys = defineOperation({
  name: 'ListKeys',
  group: 'Key queries',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/list-keys',
  action: 'kms:cmk:list',
  identityAction: 'kms:cmk:list',
  target: 'project',
  summary: 'List master keys, ids and details.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    keys: Type.Array(Type.String(), { description: 'Key ids, in the order of key_details.' }),
    key_details: Type.Array(KeyDetails, { description: 'Details of the page.' }),
    ...PagingMembers,
  }),
  status: 200,
  errors: ['KMS.1601', 'KMS.1602'],
  example: {
    request: { limit: '2', marker: '1' },
    response: { keys: [], key_details: [], next_marker: '', truncated: 'false', total: 1 },
  },
  async handle({ body }, { keys, region }, { caller }) {
    const page = parsePage(body, MAX_LIMIT)
    const { cmks, total } = await keys.list({
      projectId: caller.projectId,
      filter: parseFilter(body),
      page,
    })
    return {
      keys: cmks.map((cmk) => cmk.id),
      key_details: cmks.map((cmk) => keyDetails(cmk, region)),
      ...pagingOf(page, { count: cmks.length, total }),
    }
  },
})

function parseFilter(body: Static<typeof Body>): CmkFilter {
  const { key_spec: spec = 'AES_256', enterprise_project_id: enterprise = 'all' } = body
  return {
    state: KEY_STATES.find((state) => state === String(body.key_state)),
    spec: spec === 'ALL' ? undefined : spec,
    enterpriseProjectId: enterprise === 'all' ? undefined : enterprise,
  }
}
