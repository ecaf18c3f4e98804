import type { Case, PagedList } from '../case.js'
import { type Refusal, UNKNOWN_KEY, UUID, refused } from './shared.js'

const KEYSTORE = { keystore_id: '$keystore' }
const UNKNOWN = { keystore_id: '$unknown' }
const POINT = { keyspace_id: '$unknown', access_point_name: '$name', type: 3 }
const POLICY = { keyspace_id: '$unknown', policy_name: '$name', policy: '{"version":"1.0"}' }

/** Whoever opens a capsule does not send its policy; the field is not known there. */
const INLINE = { key_policy: '{"version":"1.0","allowed_access_point":["${point}"]}' }
const POLICY_OF_UNKNOWN = '{"version":"1.0","allowed_access_point":["${unknown}"]}'
const CAPSULE_KEYS: readonly Refusal[] = (
  [
    ['KMS.0207', '$unknown'],
    ['KMS.0209', '$disabled'],
    ['KMS.0210', '$doomed'],
    ['KMS.0325', '$rsa'],
    ['KMS.0335', '$rsaSigner'],
    ['KMS.1301', '$empty'],
  ] as const
).map(([code, key]) => [code, 'a capsule and other keys', { key_id: key, ...INLINE }])

/** Cases of the groups "Dedicated keystores", "API versions", "Multi-region" and "Trusted key space". */
export const KEYSTORES_AND_SPACES: readonly Case[] = [
  {
    operation: 'CreateKeyStore',
    given: 'no keystore',
    fields: { keystore_alias: '$name', hsm_cluster_id: '$cluster', keystore_type: 'DHSM' },
    answer: { keystore: { keystore_id: UUID, domain_id: '$domain' } },
  },
  ...refused('CreateKeyStore', { keystore_alias: '$name', hsm_cluster_id: '$cluster' }, [
    ['KMS.0340', 'a keystore'],
    ['KMS.0340', undefined, { hsm_cluster_id: 'not-there' }],
    ['KMS.1104', 'a keystore', { keystore_alias: '$ks' }],
    ['KMS.1101', undefined, { keystore_alias: 'not ok' }],
  ]),
  {
    operation: 'ShowKeyStore',
    given: 'a keystore',
    fields: KEYSTORE,
    answer: { keystore: { keystore_id: '$keystore', keystore_alias: '$ks' } },
  },
  {
    operation: 'EnableKeyStore',
    given: 'a keystore',
    fields: KEYSTORE,
    answer: { keystore: { keystore_id: '$keystore', keystore_state: '2' } },
  },
  {
    operation: 'DisableKeyStore',
    given: 'a keystore',
    fields: KEYSTORE,
    answer: { keystore: { keystore_id: '$keystore', keystore_state: '3' } },
  },
  { operation: 'DeleteKeyStore', given: 'a keystore without keys', fields: KEYSTORE },
  ...['ShowKeyStore', 'EnableKeyStore', 'DisableKeyStore', 'DeleteKeyStore'].flatMap((operation) =>
    refused(operation, UNKNOWN, [['KMS.8003']]),
  ),
  ...refused('DeleteKeyStore', KEYSTORE, [['KMS.0308', 'an enabled keystore']]),
  { operation: 'ListKeyStores', fields: { limit: 10, offset: 0 } },
  ...['ListKeyStores', 'ListSupportRegions'].flatMap((operation) =>
    refused(operation, {}, [
      ['KMS.1601', undefined, { limit: 'x' }],
      ['KMS.1603', undefined, { offset: '-1' }],
    ]),
  ),
  { operation: 'ShowVersions', answer: { versions: [{ id: 'v1.0', status: 'CURRENT' }] } },
  {
    operation: 'ShowVersion',
    fields: { version_id: 'v1.0' },
    answer: { version: { id: 'v1.0', status: 'CURRENT' } },
  },
  ...refused('ShowVersion', {}, [['KMS.0201', undefined, { version_id: 'v9' }]]),
  { operation: 'ListSupportRegions', answer: { regions: ['eu-west-101'] } },
  ...refused(
    'ReplicateKey',
    {
      key_id: '$key',
      replica_region: 'eu-west-102',
      key_alias: '$name',
      replica_project_id: '$project',
    },
    [UNKNOWN_KEY, ['KMS.3801', 'a key']],
  ),
  ...refused('UpdatePrimaryRegion', { key_id: '$key', primary_region: 'eu-west-102' }, [
    UNKNOWN_KEY,
    ['KMS.3801', 'a key'],
  ]),
  { operation: 'CreateAccessPoint', fields: POINT, answer: { access_point_id: UUID } },
  {
    operation: 'ListAccessPoint',
    given: 'an access point',
    fields: { keyspace_id: '$space' },
    answer: {
      page_info: { current_count: 1 },
      access_points: [{ access_point_id: '$point', keyspace_id: '$space', type: 3 }],
    },
  },
  ...['ListAccessPoint', 'ListKeyPolicy'].flatMap((operation) =>
    refused(operation, { keyspace_id: '$unknown' }, [
      ['KMS.0308', undefined, { keyspace_id: 'x' }],
      ['KMS.1601', undefined, { limit: '101' }],
      ['KMS.1602', undefined, { marker: 'x' }],
    ]),
  ),
  ...(['EnableAccessPoint', 'DisableAccessPoint', 'DeleteAccessPoint'] as const).map(
    (operation): Case => ({
      operation,
      given: 'an access point',
      fields: { access_point_id: '$point' },
    }),
  ),
  {
    operation: 'DownloadAccessPointPrivateKey',
    given: 'an access point',
    fields: { access_point_id: '$point' },
    answer: { access_point_id: '$point', private_key: /^[^]{100,}$/ },
  },
  ...[
    'EnableAccessPoint',
    'DisableAccessPoint',
    'DeleteAccessPoint',
    'DownloadAccessPointPrivateKey',
  ].flatMap((operation) => refused(operation, { access_point_id: '$unknown' }, [['KMS.0308']])),
  ...refused('DownloadAccessPointPrivateKey', { access_point_id: '$point' }, [
    ['KMS.0306', 'a disabled access point'],
  ]),
  { operation: 'CreateKeyPolicy', fields: POLICY, answer: { policy_id: UUID } },
  {
    operation: 'ListKeyPolicy',
    given: 'a key policy',
    fields: { keyspace_id: '$space' },
    answer: {
      page_info: { current_count: 1 },
      keyspace_policies: [{ policy_id: '$policy', policy: { version: '1.0' } }],
    },
  },
  {
    operation: 'ShowKeyPolicy',
    given: 'a key policy',
    fields: { policy_id: '$policy' },
    answer: { policy_id: '$policy', keyspace_id: '$space', policy: { version: '1.0' } },
  },
  {
    operation: 'UpdateKeyPolicy',
    given: 'a key policy',
    fields: { policy_id: '$policy', policy: '{"version":"2.0"}' },
    answer: { policy_id: '$policy', policy: { version: '2.0' } },
  },
  { operation: 'DeleteKeyPolicy', given: 'a key policy', fields: { policy_id: '$policy' } },
  ...['ShowKeyPolicy', 'DeleteKeyPolicy'].flatMap((operation) =>
    refused(operation, { policy_id: '$unknown' }, [['KMS.0308']]),
  ),
  ...refused('CreateDatakeyCapsule', { key_id: '$key', datakey_length: '256', ...INLINE }, [
    ['KMS.0340', 'a key in a disabled keystore', { key_policy: POLICY_OF_UNKNOWN }],
  ]),
  {
    operation: 'CreateDatakeyCapsule',
    given: 'a key policy and a key',
    fields: { key_id: '$key', datakey_length: '256', policy_id: '$policy' },
    answer: { key_id: '$key' },
  },
  ...refused('CreateDatakeyCapsule', { key_id: '$key', datakey_length: '256' }, [
    ['KMS.0204', 'a key'],
    ['KMS.0308', 'a key', { policy_id: '$unknown' }],
    ...CAPSULE_KEYS,
  ]),
  {
    operation: 'DecryptDatakeyCapsule',
    given: 'a capsule',
    fields: { key_id: '$key', datakey_capsule: '$capsule', attestation_document: '$proof' },
    answer: { key_id: '$key', instance_id: '$point', datakey: '$datakey' },
  },
  ...refused(
    'DecryptDatakeyCapsule',
    { key_id: '$key', datakey_capsule: '$capsule', attestation_document: '$proof' },
    [
      ['KMS.0306', 'a capsule', { attestation_document: '$foreign' }],
      ['KMS.0340', 'a capsule of a disabled keystore'],
      ['KMS.2201', 'a capsule', { datakey_capsule: 'AAAA' }],
      ['KMS.3804', 'a capsule', { attestation_document: {} }],
      ...CAPSULE_KEYS,
    ],
  ),
]

/** Lists of these groups. */
export const SPACE_LISTS: readonly PagedList[] = [
  {
    operation: 'ListKeyStores',
    given: 'a keystore',
    fields: {},
    items: 'keystores',
    id: 'keystore_id',
    by: 'offset',
    total: 'total',
  },
  {
    operation: 'ListSupportRegions',
    given: 'a key',
    fields: {},
    items: 'regions',
    id: '',
    by: 'offset',
    count: 1,
  },
  {
    operation: 'ListAccessPoint',
    given: 'five access points',
    fields: { keyspace_id: '$space' },
    items: 'access_points',
    id: 'access_point_id',
    by: 'page_info',
    count: 5,
  },
  {
    operation: 'ListKeyPolicy',
    given: 'five key policies',
    fields: { keyspace_id: '$space' },
    items: 'keyspace_policies',
    id: 'policy_id',
    by: 'page_info',
    count: 5,
  },
]
