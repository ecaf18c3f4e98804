import type { Case } from '../case.js'
import { HEX, NOT_IN_USE, type Refusal, UUID, refused } from './shared.js'

const KEY = { key_id: '$key' }
const NOT_FOR_DATAKEYS: readonly Refusal[] = [
  ...NOT_IN_USE,
  ['KMS.0340', 'a key in a disabled keystore'],
  ['KMS.0335', 'an RSA key for signatures'],
  ['KMS.0341', 'an HMAC key'],
]
const NOT_FOR_PAIRS: readonly Refusal[] = [
  ...NOT_FOR_DATAKEYS,
  ['KMS.0325', 'an RSA key for encryption'],
]
const TOO_LONG_FOR_RSA = { datakey_length: '1528' }
const SEALED = { ...KEY, cipher_text: '$cipher', datakey_cipher_length: '32' }
const WRAPPED = { ...KEY, plain_text: '$plain', datakey_plain_length: '64' }

/** Cases of the group "DEK management", capsules excepted. */
export const DATAKEYS: readonly Case[] = [
  {
    operation: 'CreateRandom',
    fields: { random_data_length: '8', sequence: '$sequence' },
    answer: { random_data: /^[0-9A-F]{2}$/ },
  },
  {
    operation: 'CreateRandom',
    title: 'the longest, as a number',
    fields: { random_data_length: 8192 },
    answer: { random_data: /^[0-9A-F]{2048}$/ },
  },
  ...refused('CreateRandom', {}, [
    ['KMS.1801', undefined, { random_data_length: '0' }],
    ['KMS.1801', undefined, { random_data_length: '8200' }],
    ['KMS.1802', undefined, { random_data_length: '12' }],
  ]),
  {
    operation: 'CreateDatakey',
    given: 'a key',
    fields: {
      ...KEY,
      key_spec: 'AES_128',
      datakey_length: '512',
      encryption_context: { a: '1' },
      additional_authenticated_data: 'x',
      sequence: '$sequence',
    },
    answer: { key_id: '$key', plain_text: /^[0-9A-F]{128}$/, cipher_text: HEX },
  },
  {
    operation: 'CreateDatakey',
    title: 'under an RSA key',
    given: 'an RSA key for encryption',
    fields: { ...KEY, datakey_length: '1520' },
    answer: { key_id: '$key', plain_text: /^[0-9A-F]{380}$/, cipher_text: HEX },
  },
  ...refused('CreateDatakey', KEY, [
    ...NOT_FOR_DATAKEYS,
    ['KMS.0208', 'a key', { encryption_context: { a: { b: '1' } } }],
    ['KMS.0308', 'a key', { additional_authenticated_data: 'x'.repeat(129) }],
    ['KMS.1901', 'a key', { datakey_length: '8200' }],
    ['KMS.1902', 'a key', { key_spec: 'AES_512' }],
    ['KMS.1903', 'a key', { datakey_length: '12' }],
    ['KMS.1904', 'an RSA key for encryption', TOO_LONG_FOR_RSA],
  ]),
  {
    operation: 'CreateDatakeyWithoutPlaintext',
    given: 'a key',
    fields: KEY,
    answer: { key_id: '$key', cipher_text: HEX },
  },
  ...refused('CreateDatakeyWithoutPlaintext', KEY, [
    ...NOT_FOR_DATAKEYS,
    ['KMS.0325', 'an RSA key for encryption'],
    ['KMS.1901', 'a key', { datakey_length: '0' }],
    ['KMS.1902', 'a key', { key_spec: 'AES_512' }],
    ['KMS.1903', 'a key', { datakey_length: '12' }],
    ['KMS.1904', 'an RSA key for encryption', TOO_LONG_FOR_RSA],
  ]),
  {
    operation: 'EncryptDatakey',
    given: 'a key',
    fields: { ...WRAPPED, sequence: '$sequence' },
    answer: { key_id: '$key', cipher_text: HEX, datakey_length: '64' },
  },
  ...refused('EncryptDatakey', WRAPPED, [
    ...NOT_FOR_DATAKEYS,
    ['KMS.2101', 'a key', { plain_text: 'xy' }],
    ['KMS.2102', 'a key', { datakey_plain_length: '1025' }],
    ['KMS.2103', 'a key', { plain_text: '00'.repeat(96) }],
    ['KMS.2104', 'a key', { datakey_plain_length: '63' }],
    [
      'KMS.1904',
      'an RSA key for encryption',
      { plain_text: '$plainLong', datakey_plain_length: '191' },
    ],
    ['KMS.0308', 'an RSA key for encryption', { encryption_context: { a: '1' } }],
  ]),
  {
    operation: 'DecryptDatakey',
    given: 'a sealed data key',
    fields: SEALED,
    answer: { data_key: '$datakey', datakey_length: '32', datakey_dgst: /^[0-9A-F]{64}$/ },
  },
  ...refused('DecryptDatakey', { ...SEALED, cipher_text: '00'.repeat(172) }, [
    ...NOT_FOR_DATAKEYS,
    ['KMS.2201', 'a sealed data key', { cipher_text: '${cipher}00' }],
    ['KMS.2201', 'a sealed data key', { cipher_text: '$cipher', encryption_context: { a: '1' } }],
    ['KMS.2202', 'a sealed data key', { cipher_text: '$cipher', datakey_cipher_length: '0' }],
    ['KMS.0311', 'a forged data key under an RSA key', { cipher_text: '$cipher' }],
    ['KMS.2204', 'a sealed data key', { cipher_text: '$cipher', datakey_cipher_length: '31' }],
  ]),
  {
    operation: 'CreateRsaDatakeyPair',
    given: 'a key',
    fields: { ...KEY, key_spec: 'RSA_2048', with_plain_text: true, sequence: '$sequence' },
    answer: {
      key_id: '$key',
      key_spec: 'RSA_2048',
      public_key: HEX,
      private_key_cipher_text: HEX,
      private_key_plain_text: HEX,
    },
  },
  {
    operation: 'CreateEcDatakeyPair',
    given: 'a key',
    fields: { ...KEY, key_spec: 'ECC_NIST_P256', with_plain_text: false },
    answer: { key_id: '$key', public_key: HEX, private_key_cipher_text: HEX },
  },
  ...refused('CreateRsaDatakeyPair', { ...KEY, key_spec: 'RSA_2048' }, NOT_FOR_PAIRS),
  ...refused('CreateEcDatakeyPair', { ...KEY, key_spec: 'ECC_NIST_P256' }, NOT_FOR_PAIRS),
  { operation: 'CreatePin', fields: { pin_type: 'PlainText' }, answer: { pin: /^.+$/ } },
  {
    operation: 'ListKeyDetail',
    title: 'of a key for data keys',
    given: 'a sealed data key',
    fields: KEY,
    answer: { key_info: { key_id: UUID } },
  },
]
