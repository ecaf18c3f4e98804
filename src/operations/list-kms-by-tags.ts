import { type Static, Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import type { Service } from '../core/service.js'
import { isTagKey, isTagValue } from '../core/judge-tag.js'
import type { TagFilter } from '../core/tag.js'
import { OneOf, ProjectPath, Sequence, WholeNumber, failing } from './fields.js'
import { KeyDetails, keyDetails } from './key-details.js'
import { type ProjectCall, defineOperation } from './operation.js'
import { LimitField, parseLimit, parseOffset } from './paging.js'
import { TagDetails, TagValues } from './tag-fields.js'

const RESOURCE_TYPE = 'resource_instances'
const HITS_ON_PAGE = 10
const MAX_FILTER_KEYS = 20
const MAX_FILTER_VALUES = 20
const MAX_NAME_LENGTH = 255

const Body = Type.Object({
  action: OneOf(['filter', 'count'], {
    description: 'filter answers keys, count only how many there are.',
    code: 'KMS.0404',
  }),
  limit: LimitField(HITS_ON_PAGE),
  offset: Type.Optional(
    WholeNumber({
      description: 'Where to start; not for count.',
      code: 'KMS.0417',
      expected: 'a whole number from 0',
    }),
  ),
  tags: Type.Optional(
    Type.Array(TagValues, {
      description:
        'A key fits when it has every tag key, each with one of its values; with any value where none is given.',
      ...failing({
        code: 'KMS.0414',
        expected: 'a list of objects with the text key and values, a list of texts',
      }),
    }),
  ),
  matches: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.String({ description: 'Always resource_name.' }),
        value: Type.String({ description: 'Part of the name of a key.' }),
      }),
      {
        description: 'Only keys whose name holds a text.',
        ...failing({
          code: 'KMS.0415',
          expected: 'a list of at most one object with the key resource_name and a text value',
        }),
        maxItems: 1,
      },
    ),
  ),
  sequence: Sequence,
})

/** Finds or counts the CMKs of the project that have certain tags. */
export const listKmsByTags = defineOperation({
  name: 'ListKmsByTags',
  group: 'Tags',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/{resource_instances}/action',
  action: 'kms:cmkTag:listInstance',
  identityAction: 'kms:cmk:listKeysByTag',
  target: 'project',
  summary: 'Filter or count keys by tag.',
  request: {
    path: Type.Object({
      ...ProjectPath.properties,
      resource_instances: Type.String({ description: `Always ${RESOURCE_TYPE}.` }),
    }),
    body: Body,
  },
  response: Type.Object({
    resources: Type.Optional(
      Type.Array(
        Type.Object({
          resource_id: Type.String({ description: 'Key id.' }),
          resource_name: Type.String({ description: 'Name of the key.' }),
          resource_detail: KeyDetails,
          tags: Type.Array(TagDetails, { description: 'All tags of the key.' }),
        }),
        { description: 'Keys of the page; absent in the answer to count.' },
      ),
    ),
    total_count: Type.Integer({ description: 'How many keys fit, on all pages.' }),
  }),
  status: 200,
  errors: [
    'KMS.0402',
    'KMS.0403',
    'KMS.0404',
    'KMS.0408',
    'KMS.0413',
    'KMS.0414',
    'KMS.0415',
    'KMS.0417',
    'KMS.0418',
    'KMS.1601',
  ],
  example: {
    request: {
      action: 'filter',
      offset: '0',
      limit: '100',
      tags: [{ key: 'key1', values: ['value1'] }],
    },
    response: { resources: [], total_count: 0 },
  },
  async handle({ path, body }, service, { caller }) {
    if (path.resource_instances !== RESOURCE_TYPE) {
      throw new KmsError('KMS.0408', `The path must name the resource type ${RESOURCE_TYPE}.`)
    }
    const wanted = { projectId: caller.projectId, filter: parseFilter(body) }
    if (body.action === 'filter') return await filterKeys(service, wanted, body)
    if (body.offset !== undefined && body.offset !== '') {
      throw new KmsError('KMS.0418', 'offset must be left out when action is count.')
    }
    return { total_count: await service.tags.count(wanted) }
  },
})

async function filterKeys(
  { tags, region }: Service,
  wanted: { readonly projectId: ProjectCall['caller']['projectId']; readonly filter: TagFilter },
  body: Static<typeof Body>,
) {
  const { hits, total } = await tags.query({
    ...wanted,
    page: {
      limit: parseLimit(body.limit, HITS_ON_PAGE),
      offset: parseOffset(body.offset, { field: 'offset', code: 'KMS.0417' }),
    },
  })
  return {
    resources: hits.map((hit) => ({
      resource_id: hit.cmk.id,
      resource_name: hit.cmk.alias,
      resource_detail: keyDetails(hit.cmk, region),
      tags: hit.tags.map(({ key, value }) => ({ key, value })),
    })),
    total_count: total,
  }
}

function parseFilter({ tags = [], matches = [] }: Static<typeof Body>): TagFilter {
  requireDistinct(
    tags.map(({ key }) => key),
    'tags must not hold the same key twice.',
  )
  if (tags.length > MAX_FILTER_KEYS) {
    throw new KmsError('KMS.0414', `tags must hold at most ${MAX_FILTER_KEYS} keys.`)
  }
  for (const { key, values } of tags) {
    if (values.length > MAX_FILTER_VALUES) {
      throw new KmsError(
        'KMS.0413',
        `tags must hold at most ${MAX_FILTER_VALUES} values for a key.`,
      )
    }
    requireDistinct(values, 'tags must not hold the same value of a key twice.')
    if (!isTagKey(key) || !values.every(isTagValue)) {
      throw new KmsError(
        'KMS.0414',
        'tags must hold keys of 1 to 36 characters and values of up to 43, without control characters and * < > \\ =.',
      )
    }
  }
  return { tags, nameContains: parseMatch(matches) }
}

function requireDistinct(texts: readonly string[], sentence: string): void {
  if (new Set(texts).size < texts.length) throw new KmsError('KMS.0414', sentence)
}

function parseMatch([match]: NonNullable<Static<typeof Body>['matches']>): string | undefined {
  if (!match) return undefined
  if (match.key !== 'resource_name') {
    throw new KmsError('KMS.0403', 'The key of a match must be resource_name.')
  }
  // Neither a NUL nor half of a surrogate pair can stand in a name, nor be sent to every database.
  if (match.value.length > MAX_NAME_LENGTH || /[\u0000\p{Cs}]/u.test(match.value)) {
    throw new KmsError(
      'KMS.0402',
      `The value of a match must be a text of at most ${MAX_NAME_LENGTH} characters.`,
    )
  }
  return match.value === '' ? undefined : match.value
}
