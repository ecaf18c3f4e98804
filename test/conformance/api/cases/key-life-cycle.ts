import type { Case, PagedList } from '../case.js'
import { MILLISECONDS, UNKNOWN_KEY, UUID, refused } from './shared.js'

const KEY = { key_id: '$key' }

/** Cases of the groups "Key lifecycle" and "Key queries". */
export const KEY_LIFE_CYCLE: readonly Case[] = [
  {
    operation: 'CreateKey',
    fields: {
      key_alias: '$name',
      key_spec: 'AES_256',
      key_usage: 'ENCRYPT_DECRYPT',
      key_description: 'über',
      origin: 'kms',
      enterprise_project_id: '0',
      keystore_id: '0',
      sequence: '$sequence',
    },
    answer: { key_info: { key_id: UUID, domain_id: '$domain' } },
  },
  ...refused('CreateKey', { key_alias: '$name' }, [
    ['KMS.1104', 'a key', { key_alias: '$alias' }],
    ['KMS.1101', undefined, { key_alias: 'obs/default' }],
    ['KMS.0340', undefined, { keystore_id: '$unknown' }],
    ['KMS.0339', 'an enabled keystore', { keystore_id: '$keystore', origin: 'external' }],
    ['KMS.0341', undefined, { key_spec: 'HMAC_256', origin: 'external' }],
    ['KMS.1110', undefined, { key_spec: 'SM4' }],
    ['KMS.0308', undefined, { key_spec: 'AES_256', key_usage: 'SIGN_VERIFY' }],
  ]),
  {
    operation: 'EnableKey',
    given: 'a disabled key',
    fields: { ...KEY, sequence: '$sequence' },
    answer: { key_info: { key_id: '$key', key_state: '2' } },
  },
  ...refused('EnableKey', KEY, [
    UNKNOWN_KEY,
    ['KMS.0210', 'a key to be deleted'],
    ['KMS.1201', 'a key'],
    ['KMS.1201', 'an external key'],
  ]),
  {
    operation: 'DisableKey',
    given: 'a key',
    fields: KEY,
    answer: { key_info: { key_id: '$key', key_state: '3' } },
  },
  ...refused('DisableKey', KEY, [
    UNKNOWN_KEY,
    ['KMS.0210', 'a key to be deleted'],
    ['KMS.1301', 'a disabled key'],
    ['KMS.1301', 'an external key'],
  ]),
  {
    operation: 'DeleteKey',
    given: 'a key',
    fields: { ...KEY, pending_days: '7' },
    answer: { key_id: '$key', key_state: '4' },
  },
  {
    operation: 'DeleteKey',
    title: 'the longest period, as a number',
    given: 'an external key',
    fields: { ...KEY, pending_days: 1096 },
    answer: { key_id: '$key', key_state: '4' },
  },
  ...refused('DeleteKey', { ...KEY, pending_days: '7' }, [
    UNKNOWN_KEY,
    ['KMS.1402', 'a key to be deleted'],
    ['KMS.1401', 'a key', { pending_days: '6' }],
    ['KMS.1401', 'a key', { pending_days: '1097' }],
    ['KMS.1401', 'a key', { pending_days: '7.5' }],
  ]),
  {
    operation: 'CancelKeyDeletion',
    given: 'a key to be deleted',
    fields: KEY,
    answer: { key_id: '$key', key_state: '3' },
  },
  {
    operation: 'CancelKeyDeletion',
    title: 'without material',
    given: 'an external key to be deleted',
    fields: KEY,
    answer: { key_id: '$key', key_state: '5' },
  },
  ...refused('CancelKeyDeletion', KEY, [UNKNOWN_KEY, ['KMS.1501', 'a key']]),
  {
    operation: 'UpdateKeyAlias',
    given: 'a key',
    fields: { ...KEY, key_alias: '$name' },
    answer: { key_info: { key_id: '$key', key_alias: '$name' } },
  },
  ...refused('UpdateKeyAlias', { ...KEY, key_alias: '$name' }, [
    UNKNOWN_KEY,
    ['KMS.0210', 'a key to be deleted'],
    ['KMS.1101', 'a key', { key_alias: 'not ok' }],
    ['KMS.1104', 'two keys', { key_alias: '$otherAlias' }],
  ]),
  {
    operation: 'UpdateKeyDescription',
    given: 'a key',
    fields: { ...KEY, key_description: '' },
    answer: { key_info: { key_id: '$key', key_description: '' } },
  },
  ...refused('UpdateKeyDescription', { ...KEY, key_description: 'x' }, [
    UNKNOWN_KEY,
    ['KMS.0210', 'a key to be deleted'],
    ['KMS.1103', 'a key', { key_description: 'x'.repeat(256) }],
  ]),
  {
    operation: 'ListKeyDetail',
    given: 'a key',
    fields: KEY,
    answer: {
      key_info: {
        key_id: '$key',
        domain_id: '$domain',
        key_alias: '$alias',
        key_state: '2',
        key_spec: 'AES_256',
        key_usage: 'ENCRYPT_DECRYPT',
        default_key_flag: '0',
        creation_date: MILLISECONDS,
        origin: 'kms',
      },
    },
  },
  {
    operation: 'ListKeyDetail',
    title: 'of a key to be deleted',
    given: 'a key to be deleted',
    fields: KEY,
    answer: { key_info: { key_state: '4', scheduled_deletion_date: MILLISECONDS } },
  },
  {
    operation: 'ListKeyDetail',
    title: 'by an alias',
    given: 'an alias',
    fields: { key_id: '$second' },
    answer: { key_info: { key_id: '$key' } },
  },
  ...refused('ListKeyDetail', KEY, [
    UNKNOWN_KEY,
    ['KMS.0207', undefined, { key_id: 'alias/not-there' }],
    ['KMS.0205', undefined, { key_id: 'x' }],
  ]),
  {
    operation: 'ListKeys',
    given: 'a disabled key',
    fields: { key_state: '3', key_spec: 'ALL', limit: '', marker: '', sequence: '$sequence' },
    answer: { next_marker: '', truncated: 'false' },
  },
  ...refused('ListKeys', {}, [
    ['KMS.1601', undefined, { limit: '0' }],
    ['KMS.1601', undefined, { limit: 'x' }],
    ['KMS.1602', undefined, { marker: '-1' }],
    ['KMS.0308', undefined, { key_state: '6' }],
    ['KMS.0308', undefined, { key_spec: 'DES' }],
  ]),
  { operation: 'ShowUserInstances' },
  {
    operation: 'ShowUserQuotas',
    answer: { quotas: { resources: [{ type: 'CMK' }, { type: 'grant_per_CMK', quota: 100 }] } },
  },
]

/** Lists of these groups. */
export const KEY_LISTS: readonly PagedList[] = [
  {
    operation: 'ListKeys',
    given: 'five tagged keys',
    fields: { key_spec: 'ALL' },
    items: 'key_details',
    id: 'key_id',
    by: 'marker',
    total: 'total',
  },
]
