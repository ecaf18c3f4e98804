import type { Case } from '../case.js'
import { BASE64, MILLISECONDS, NOT_IN_USE, type Refusal, UNKNOWN_KEY, refused } from './shared.js'

const KEY = { key_id: '$key' }
const PARAMETERS = { ...KEY, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
const IMPORT = {
  ...KEY,
  import_token: '$import_token',
  encrypted_key_material: '$encrypted_key_material',
}
const MADE_UP = {
  ...KEY,
  import_token: 'A'.repeat(200),
  encrypted_key_material: Buffer.alloc(256, 1).toString('base64'),
}
/** One byte more than the wrapping key makes. */
const TOO_LONG = {
  ...IMPORT,
  encrypted_key_material: Buffer.alloc(257, 1).toString('base64'),
  encrypted_privatekey: 'A'.repeat(200),
}
const NO_MATERIAL: readonly Refusal[] = [
  UNKNOWN_KEY,
  ['KMS.0309', 'a key'],
  ['KMS.0341', 'an HMAC key'],
]
const NO_ROTATION: readonly Refusal[] = [
  UNKNOWN_KEY,
  ['KMS.0209', 'a disabled key'],
  ['KMS.0210', 'a key to be deleted'],
  ['KMS.0312', 'an external key with material'],
  ['KMS.0324', 'an RSA key for signatures'],
  ['KMS.0325', 'an EC key'],
  ['KMS.0338', 'a key in a keystore'],
  ['KMS.0341', 'an HMAC key'],
]

/** Cases of the groups "Key import" and "Rotation". */
export const IMPORTS_AND_ROTATION: readonly Case[] = [
  {
    operation: 'CreateParametersForImport',
    given: 'an external key',
    fields: { ...PARAMETERS, sequence: '$sequence' },
    answer: { key_id: '$key', import_token: BASE64, public_key: BASE64 },
  },
  ...refused('CreateParametersForImport', PARAMETERS, [
    ...NO_MATERIAL,
    ['KMS.0310', 'an external key to be deleted'],
    ['KMS.0308', 'an external key', { wrapping_algorithm: 'RSAES_PKCS1_V1_5' }],
  ]),
  { operation: 'ImportKeyMaterial', given: 'parameters for import', fields: IMPORT, answer: {} },
  {
    operation: 'ImportKeyMaterial',
    title: 'with an expiry in text',
    given: 'parameters for import',
    fields: { ...IMPORT, expiration_time: '$soon' },
    answer: {},
  },
  ...refused('ImportKeyMaterial', MADE_UP, [
    ...NO_MATERIAL,
    ['KMS.2605', 'an external key'],
    ['KMS.2603', 'parameters for another key', IMPORT],
    ['KMS.2602', 'parameters for import', { ...IMPORT, expiration_time: 1 }],
    ['KMS.0311', 'parameters for import', { import_token: '$import_token' }],
    ['KMS.2604', 'short material', IMPORT],
    ['KMS.2606', 'other material than before', IMPORT],
    ['KMS.0310', 'parameters of a key to be deleted', IMPORT],
    ['KMS.2608', 'parameters for a pair', IMPORT],
    [
      'KMS.2609',
      'a pair on another curve',
      { ...IMPORT, encrypted_privatekey: '$encrypted_privatekey' },
    ],
    ['KMS.2610', 'parameters for a pair', TOO_LONG],
  ]),
  {
    operation: 'DeleteImportedKeyMaterial',
    given: 'an external key with material',
    fields: KEY,
    answer: {},
  },
  ...refused('DeleteImportedKeyMaterial', KEY, [
    ...NO_MATERIAL,
    ['KMS.2701', 'an external key'],
    ['KMS.2702', 'an external pair'],
  ]),
  {
    operation: 'EnableKeyRotation',
    given: 'a key',
    fields: { ...KEY, sequence: '$sequence' },
    answer: {},
  },
  ...refused('EnableKeyRotation', KEY, [...NO_ROTATION, ['KMS.2901', 'a rotating key']]),
  { operation: 'DisableKeyRotation', given: 'a rotating key', fields: KEY, answer: {} },
  ...refused('DisableKeyRotation', KEY, [...NO_ROTATION, ['KMS.0313', 'a key']]),
  {
    operation: 'UpdateKeyRotationInterval',
    given: 'a rotating key',
    fields: { ...KEY, rotation_interval: 30 },
    answer: {},
  },
  ...refused('UpdateKeyRotationInterval', { ...KEY, rotation_interval: 30 }, [
    ...NO_ROTATION,
    ['KMS.0313', 'a key'],
    ['KMS.3001', 'a rotating key', { rotation_interval: 29 }],
    ['KMS.3001', 'a rotating key', { rotation_interval: 366 }],
  ]),
  {
    operation: 'ShowKeyRotationStatus',
    given: 'a rotating key',
    fields: KEY,
    answer: { key_rotation_enabled: true, rotation_interval: 365, number_of_rotations: 0 },
  },
  {
    operation: 'ShowKeyRotationStatus',
    title: 'after a rotation',
    given: 'a rotated key',
    fields: KEY,
    answer: {
      key_rotation_enabled: false,
      last_rotation_time: MILLISECONDS,
      number_of_rotations: 1,
    },
  },
  ...refused('ShowKeyRotationStatus', KEY, [
    UNKNOWN_KEY,
    ['KMS.0324', 'an RSA key for signatures'],
    ['KMS.0325', 'an EC key'],
    ['KMS.0341', 'an HMAC key'],
  ]),
  { operation: 'RotateOnDemand', given: 'a key', fields: KEY, answer: { key_id: '$key' } },
  {
    operation: 'RotateOnDemand',
    title: 'to imported material',
    given: 'an external key with waiting material',
    fields: KEY,
    answer: { key_id: '$key' },
  },
  ...refused('RotateOnDemand', KEY, [
    ...NOT_IN_USE,
    ['KMS.0312', 'an external key with material'],
    ['KMS.0324', 'an RSA key for signatures'],
    ['KMS.0325', 'an EC key'],
    ['KMS.0338', 'a key in a keystore'],
    ['KMS.0341', 'an HMAC key'],
  ]),
]
