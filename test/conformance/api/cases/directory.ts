import type { Case, PagedList } from '../case.js'
import { MOMENT, NOT_IN_USE, UNKNOWN_KEY, UUID, refused } from './shared.js'

const KEY = { key_id: '$key' }
const TAG = { key: 'stage', value: 'live' }
const GRANT = { ...KEY, grantee_principal: 'alice', operations: ['describe-key'] }
const QUERY = { resource_instances: 'resource_instances', action: 'filter' }
const LONG = 'x'.repeat(256)

/** Cases of the groups "Grants", "Tags" and "Aliases". */
export const DIRECTORY: readonly Case[] = [
  {
    operation: 'CreateGrant',
    given: 'a key',
    fields: {
      ...GRANT,
      name: 'a:name',
      retiring_principal: 'bob',
      grantee_principal_type: 'domain',
      sequence: '$sequence',
    },
    answer: { grant_id: /^[0-9a-f]{64}$/ },
  },
  ...refused('CreateGrant', GRANT, [
    ...NOT_IN_USE,
    ['KMS.2401', 'a key', { operations: ['create-grant'] }],
    ['KMS.2401', 'a key', { operations: ['fly'] }],
    ['KMS.2402', 'a key', { grantee_principal: 'not ok' }],
    ['KMS.2404', 'a key with all its grants'],
    ['KMS.0308', 'a key', { grantee_principal_type: 'robot' }],
  ]),
  {
    operation: 'CancelGrant',
    given: 'a grant',
    fields: { key_id: '$granted', grant_id: '$grant' },
    answer: {},
  },
  {
    operation: 'CancelSelfGrant',
    given: 'a grant',
    fields: { key_id: '$granted', grant_id: '$grant' },
    answer: {},
  },
  ...['CancelGrant', 'CancelSelfGrant'].flatMap((operation) =>
    refused(operation, { ...KEY, grant_id: '0'.repeat(64) }, [
      UNKNOWN_KEY,
      ['KMS.2501', 'a key'],
      ['KMS.2502', 'a grant on another key', { grant_id: '$grant' }],
    ]),
  ),
  {
    operation: 'ListGrants',
    given: 'a grant',
    fields: { key_id: '$granted', limit: '', marker: '' },
    answer: {
      grants: [{ grant_id: '$grant', grantee_principal: 'alice', operations: ['describe-key'] }],
      next_marker: '',
      truncated: 'false',
      total: 1,
    },
  },
  ...refused('ListGrants', KEY, [
    UNKNOWN_KEY,
    ['KMS.1601', 'a key', { limit: '0' }],
    ['KMS.1602', 'a key', { marker: 'x' }],
  ]),
  { operation: 'ListRetirableGrants', fields: { limit: '1' } },
  ...refused('ListRetirableGrants', {}, [
    ['KMS.1601', undefined, { limit: '1001' }],
    ['KMS.1602', undefined, { marker: '-1' }],
  ]),
  { operation: 'CreateKmsTag', given: 'a key', fields: { ...KEY, tag: TAG } },
  ...refused('CreateKmsTag', { ...KEY, tag: TAG }, [
    UNKNOWN_KEY,
    ['KMS.0205', undefined, { key_id: 'x' }],
    ['KMS.0405', 'a key', { tag: { key: 'k', value: 'a<b' } }],
    ['KMS.0406', 'a key', { tag: { key: 'a<b', value: 'v' } }],
    ['KMS.0409', 'a key with all its tags'],
    ['KMS.0410', 'a key', { tag: { key: 'k', value: 'v'.repeat(44) } }],
    ['KMS.0411', 'a key', { tag: { key: 'k'.repeat(37), value: 'v' } }],
    ['KMS.0412', 'a key', { tag: {} }],
  ]),
  {
    operation: 'BatchCreateKmsTags',
    given: 'a key',
    fields: { ...KEY, action: 'create', tags: [TAG, { key: 'ключ', value: '' }] },
  },
  {
    operation: 'BatchCreateKmsTags',
    title: 'delete',
    given: 'a tagged key',
    fields: { ...KEY, action: 'delete', tags: [{ key: 'conformance' }] },
  },
  ...refused('BatchCreateKmsTags', { ...KEY, action: 'create', tags: [TAG] }, [
    UNKNOWN_KEY,
    ['KMS.0205', undefined, { key_id: 'x' }],
    ['KMS.0401', 'a key', { tags: [] }],
    ['KMS.0404', 'a key', { action: 'x' }],
    ['KMS.0405', 'a key', { tags: [{ key: 'k', value: 'a<b' }] }],
    ['KMS.0406', 'a key', { tags: [{ key: 'a<b', value: 'v' }] }],
    [
      'KMS.0407',
      'a key',
      { tags: Array.from({ length: 21 }, (_, n) => ({ key: `k${n}`, value: '' })) },
    ],
    ['KMS.0409', 'a key with all its tags'],
    ['KMS.0410', 'a key', { tags: [{ key: 'k', value: 'v'.repeat(44) }] }],
    ['KMS.0411', 'a key', { tags: [{ key: 'k'.repeat(37), value: 'v' }] }],
    ['KMS.0412', 'a key', { tags: [TAG, TAG] }],
  ]),
  { operation: 'DeleteTag', given: 'a tagged key', fields: { ...KEY, key: 'conformance' } },
  ...refused('DeleteTag', { ...KEY, key: 'conformance' }, [
    UNKNOWN_KEY,
    ['KMS.0205', undefined, { key_id: 'x' }],
    ['KMS.0416', 'a key'],
  ]),
  {
    operation: 'ShowKmsTags',
    given: 'a tagged key',
    fields: KEY,
    answer: { tags: [{ key: 'conformance', value: '$tagValue' }], existTagsNum: 1 },
  },
  ...refused('ShowKmsTags', KEY, [UNKNOWN_KEY, ['KMS.0205', undefined, { key_id: 'x' }]]),
  { operation: 'ListKmsTags', given: 'a tagged key' },
  {
    operation: 'ListKmsByTags',
    given: 'a tagged key',
    fields: { ...QUERY, tags: [{ key: 'conformance', values: ['$tagValue'] }] },
    answer: {
      resources: [
        {
          resource_id: '$key',
          resource_name: '$alias',
          resource_detail: { key_id: UUID, key_state: '2' },
          tags: [{ key: 'conformance', value: '$tagValue' }],
        },
      ],
      total_count: 1,
    },
  },
  {
    operation: 'ListKmsByTags',
    title: 'count by name',
    given: 'a tagged key',
    fields: { ...QUERY, action: 'count', matches: [{ key: 'resource_name', value: '$alias' }] },
    answer: { total_count: 1 },
  },
  ...refused('ListKmsByTags', QUERY, [
    ['KMS.0402', undefined, { matches: [{ key: 'resource_name', value: LONG }] }],
    ['KMS.0403', undefined, { matches: [{ key: 'colour', value: 'x' }] }],
    ['KMS.0404', undefined, { action: 'x' }],
    ['KMS.0408', undefined, { resource_instances: 'other_instances' }],
    ['KMS.0413', undefined, { tags: [{ key: 'k', values: values() }] }],
    ['KMS.0414', undefined, { tags: 'x' }],
    ['KMS.0415', undefined, { matches: 'x' }],
    ['KMS.0417', undefined, { offset: '-1' }],
    ['KMS.0418', undefined, { action: 'count', offset: '1' }],
    ['KMS.1601', undefined, { limit: '1001' }],
  ]),
  {
    operation: 'CreateAlias',
    given: 'a key',
    fields: { ...KEY, alias: 'alias/${name}' },
    answer: {
      domain_id: '$domain',
      key_id: '$key',
      alias: 'alias/${name}',
      create_time: MOMENT,
      update_time: MOMENT,
    },
  },
  {
    operation: 'CreateAlias',
    title: 'without its prefix',
    given: 'a key',
    fields: { ...KEY, alias: '$name' },
    answer: { alias: 'alias/${name}' },
  },
  ...refused('CreateAlias', { ...KEY, alias: 'alias/${name}' }, [
    UNKNOWN_KEY,
    ['KMS.0210', 'a key to be deleted'],
    ['KMS.1101', 'a key', { alias: 'not ok' }],
    ['KMS.1104', 'an alias', { alias: '$second' }],
  ]),
  {
    operation: 'AssociateAlias',
    given: 'an alias',
    fields: { alias: '$second', target_key_id: '$other' },
    answer: { key_id: '$other', alias: '$second' },
  },
  ...refused('AssociateAlias', { alias: 'alias/${name}', target_key_id: '$key' }, [
    ['KMS.0308', 'a key'],
    ['KMS.0210', 'an alias and a key to be deleted', { alias: '$second', target_key_id: '$other' }],
    ['KMS.0207', 'an alias', { alias: '$second', target_key_id: '$unknown' }],
    ['KMS.1101', 'a key', { alias: 'not ok' }],
  ]),
  { operation: 'DeleteAlias', given: 'an alias', fields: { ...KEY, aliases: ['$second'] } },
  ...refused('DeleteAlias', { ...KEY, aliases: ['alias/not-there'] }, [
    UNKNOWN_KEY,
    ['KMS.1101', 'a key', { aliases: [] }],
  ]),
  {
    operation: 'ListAliases',
    given: 'an alias',
    fields: KEY,
    answer: {
      aliases: [{ alias: '$second', key_id: '$key' }],
      page_info: { current_count: 1 },
    },
  },
  ...refused('ListAliases', KEY, [
    UNKNOWN_KEY,
    ['KMS.0205', undefined, { key_id: 'x' }],
    ['KMS.1601', undefined, { key_id: undefined, limit: 'x' }],
    ['KMS.1602', undefined, { key_id: undefined, marker: '!' }],
  ]),
]

function values(): readonly string[] {
  return Array.from({ length: 21 }, (_, index) => `v${index}`)
}

/** Lists of these groups. */
export const DIRECTORY_LISTS: readonly PagedList[] = [
  {
    operation: 'ListGrants',
    given: 'five grants',
    fields: { key_id: '$key' },
    items: 'grants',
    id: 'grant_id',
    by: 'marker',
    total: 'total',
    count: 5,
  },
  {
    operation: 'ListRetirableGrants',
    given: 'five grants',
    fields: {},
    items: 'grants',
    id: 'grant_id',
    by: 'marker',
    total: 'total',
  },
  {
    operation: 'ListKmsByTags',
    given: 'five tagged keys',
    fields: { ...QUERY, tags: [{ key: 'conformance', values: ['$tagValue'] }] },
    items: 'resources',
    id: 'resource_id',
    by: 'offset',
    total: 'total_count',
    count: 5,
  },
  {
    operation: 'ListAliases',
    given: 'five aliases',
    fields: { key_id: '$key' },
    items: 'aliases',
    id: 'alias',
    by: 'page_info',
    count: 5,
  },
]
