import { Type } from '../packages/typebox.js'
import { parseWhole } from '../core/datakey.js'
import { isoTime } from '../core/iso-time.js'
import type { KeySpaceObject, KeySpaceStore } from '../core/key-space.js'
import { MAX_POLICY_CHARACTERS } from '../core/key-policy-document.js'
import { NameField, STORABLE_PATTERN, WholeNumber, failing } from './fields.js'
import type { ProjectCall } from './operation.js'

/* Fields and answers that access points and key policies share. */

const UUID = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

/** `keyspace_id`: a label of the tenant's choice, since no call makes key spaces. */
export const KeySpaceId = Type.String({
  description: 'Key space, any UUID: what belongs together is listed together.',
  pattern: UUID,
  ...failing({ code: 'KMS.0308', expected: 'a UUID of 36 characters' }),
})

/** Name of an access point or a key policy. */
export const KeySpaceName = NameField({
  description: 'Name, for people to read.',
  code: 'KMS.0308',
})

/** Free text that is stored. */
export function StoredText(options: { readonly description: string; readonly maxLength: number }) {
  return Type.Optional(
    Type.String({
      ...options,
      pattern: STORABLE_PATTERN,
      ...failing({
        code: 'KMS.0308',
        expected: `a text of at most ${options.maxLength} characters`,
      }),
    }),
  )
}

/** A key policy as an escaped JSON string; its members are judged in core. */
export const PolicyText = Type.String({
  description:
    'Key policy, a JSON object written as text: version, validity_period {start_time, end_time}, allowed_access_point.',
  maxLength: MAX_POLICY_CHARACTERS,
  ...failing({
    code: 'KMS.0308',
    expected: `a JSON object, written as text of at most ${MAX_POLICY_CHARACTERS} characters`,
  }),
})

/** Query of both lists. */
export const KeySpaceQuery = Type.Object({
  keyspace_id: KeySpaceId,
  limit: Type.Optional(
    WholeNumber({
      description: `Page size, 1 to ${MAX_LIMIT}; absent: ${DEFAULT_LIMIT}.`,
      code: 'KMS.1601',
      expected: `a whole number from 1 to ${MAX_LIMIT}`,
    }),
  ),
  marker: Type.Optional(
    Type.String({
      description: 'Where to go on: the next_marker of the page before.',
      pattern: UUID,
      ...failing({ code: 'KMS.1602', expected: 'the next_marker of the page before, a UUID' }),
    }),
  ),
})

/** `page_info` of both lists. */
export const PageInfo = Type.Object({
  next_marker: Type.String({ description: 'Marker of the next page; empty on the last one.' }),
  current_count: Type.Integer({ description: 'Entries on this page.' }),
})

/** Errors of both lists. */
export const KEY_SPACE_LIST_ERRORS = ['KMS.1601', 'KMS.1602'] as const

/** Reads one page of a key space. */
export async function listPage<Item extends KeySpaceObject>(
  store: KeySpaceStore<Item>,
  { caller }: ProjectCall,
  query: {
    readonly keyspace_id: string
    readonly limit?: string | number
    readonly marker?: string
  },
) {
  const { items, more } = await store.list({
    projectId: caller.projectId,
    keySpaceId: query.keyspace_id.toLowerCase(),
    after: query.marker?.toLowerCase(),
    limit: parseWhole(query.limit ?? DEFAULT_LIMIT, {
      field: 'limit',
      min: 1,
      max: MAX_LIMIT,
      code: 'KMS.1601',
    }),
  })
  const next_marker = more ? (items.at(-1)?.id ?? '') : ''
  return { items, page_info: { next_marker, current_count: items.length } }
}

/** The members that both kinds of object share when they are new. */
export function newKeySpaceObject(
  body: { readonly keyspace_id: string; readonly description?: string },
  made: { readonly id: string; readonly name: string; readonly now: number },
  { caller }: ProjectCall,
): KeySpaceObject {
  return {
    id: made.id,
    projectId: caller.projectId,
    keySpaceId: body.keyspace_id.toLowerCase(),
    name: made.name,
    description: body.description ?? '',
    createdBy: caller.userId,
    createdAt: made.now,
    modifiedAt: made.now,
    revision: 1,
  }
}

/** Times of this group are ISO 8601, as those in its requests are. */
export const WireTime = Type.String({ description: 'ISO 8601, UTC.' })

/** What both kinds of object show alike. */
export function sharedMembers(item: KeySpaceObject) {
  return {
    keyspace_id: item.keySpaceId,
    created_by: item.createdBy,
    create_time: isoTime(item.createdAt),
  }
}
