import { type Static, Type } from 'typebox'
import { KEY_STATES, type KeyState } from '../core/cmk.js'
import { parseWhole } from '../core/datakey.js'
import { KEY_SPECS } from '../core/key-specs.js'
import type { CmkFilter, Page } from '../core/key-store.js'
import { OneOf, ProjectPath, Sequence, WholeNumber, failing } from './fields.js'
import { KeyDetails, keyDetails } from './key-details.js'
import { defineOperation } from './operation.js'

const MAX_LIMIT = 1000

const Body = Type.Object({
  limit: Type.Optional(
    WholeNumber({
      description: `Page size, 1 to ${MAX_LIMIT}; empty or absent: ${MAX_LIMIT}.`,
      code: 'KMS.1601',
      expected: `a whole number from 1 to ${MAX_LIMIT}`,
    }),
  ),
  marker: Type.Optional(
    WholeNumber({
      description: 'Where to start: the next_marker of the page before; empty or absent: 0.',
      code: 'KMS.1602',
      expected: 'a whole number from 0',
    }),
  ),
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
  summary: 'List master keys, ids and details.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    keys: Type.Array(Type.String(), { description: 'Key ids, in the order of key_details.' }),
    key_details: Type.Array(KeyDetails, { description: 'Details of the page.' }),
    next_marker: Type.String({ description: 'Marker of the next page; empty on the last one.' }),
    truncated: Type.String({ description: 'true or false as text: whether more follow.' }),
    total: Type.Integer({ description: 'How many keys match, on all pages.' }),
  }),
  status: 200,
  errors: ['KMS.1601', 'KMS.1602'],
  example: {
    request: { limit: '2', marker: '1' },
    response: { keys: [], key_details: [], next_marker: '', truncated: 'false', total: 1 },
  },
  async handle({ body }, { keys, region }, { caller }) {
    const page = parsePage(body)
    const { cmks, total } = await keys.list({
      projectId: caller.projectId,
      filter: parseFilter(body),
      page,
    })
    const next = page.offset + cmks.length
    const truncated = cmks.length > 0 && next < total
    return {
      keys: cmks.map((cmk) => cmk.id),
      key_details: cmks.map((cmk) => keyDetails(cmk, region)),
      next_marker: truncated ? String(next) : '',
      truncated: String(truncated),
      total,
    }
  },
})

/** An empty text is as good as none: clients send the next_marker of the last page back. */
function parsePage({ limit = '', marker = '' }: Static<typeof Body>): Page {
  return {
    limit:
      limit === ''
        ? MAX_LIMIT
        : parseWhole(limit, { field: 'limit', min: 1, max: MAX_LIMIT, code: 'KMS.1601' }),
    offset:
      marker === ''
        ? 0
        : parseWhole(marker, {
            field: 'marker',
            min: 0,
            max: Number.MAX_SAFE_INTEGER,
            code: 'KMS.1602',
          }),
  }
}

function parseFilter(body: Static<typeof Body>): CmkFilter {
  const { key_spec: spec = 'AES_256', enterprise_project_id: enterprise = 'all' } = body
  return {
    state: KEY_STATES.find((state) => state === String(body.key_state)),
    spec: spec === 'ALL' ? undefined : spec,
    enterpriseProjectId: enterprise === 'all' ? undefined : enterprise,
  }
}
