import type { Case } from '../case.js'
import { BASE64, NOT_IN_USE, type Refusal, UNKNOWN_KEY, refused } from './shared.js'

const KEY = { key_id: '$key' }
const OAEP = { encryption_algorithm: 'RSAES_OAEP_SHA_256' }
const TO_OAEP = { destination_encryption_algorithm: 'RSAES_OAEP_SHA_256' }
const LONG_DATAKEY = {
  cipher_text: '$longDatakey',
  source_key_id: '$longKey',
  datakey_cipher_length: '$longLength',
}
const DIGEST = Buffer.alloc(32, 7).toString('base64')
const MESSAGE = 'bWVzc2FnZQ=='
const ECDSA = { ...KEY, signing_algorithm: 'ECDSA_SHA_256', message: MESSAGE, message_type: 'RAW' }
const HMAC = { ...KEY, mac_algorithm: 'HMAC_SHA_256', message: MESSAGE }
const SIGNATURE = { signature: MESSAGE }
const NOT_FOR_SIGNATURES: readonly Refusal[] = [
  UNKNOWN_KEY,
  ['KMS.0332', 'an RSA key for signatures'],
  ['KMS.0334', 'a key for agreement'],
  ['KMS.0341', 'an HMAC key'],
  ['KMS.1115', 'a key'],
  ['KMS.0329', 'an EC key', { message_type: 'DIGEST' }],
  ['KMS.0308', 'an EC key', { message_type: 'TEXT' }],
  ['KMS.0340', 'an EC key in a disabled keystore'],
  ['KMS.0209', 'a disabled EC key'],
  ['KMS.0210', 'an EC key to be deleted'],
  ['KMS.1301', 'an empty external pair'],
]

const NOT_FOR_MACS: readonly Refusal[] = [
  UNKNOWN_KEY,
  ['KMS.0209', 'a disabled HMAC key'],
  ['KMS.0210', 'an HMAC key to be deleted'],
  ['KMS.0325', 'an EC key'],
  ['KMS.0331', 'a key'],
  ['KMS.0340', 'an HMAC key in a disabled keystore'],
  ['KMS.0308', 'an HMAC key', { mac_algorithm: 'HMAC_SHA_512' }],
]

/** Cases of the groups "Small data", "Signature" and "MAC". */
export const TEXTS: readonly Case[] = [
  {
    operation: 'EncryptData',
    given: 'a key',
    fields: { ...KEY, plain_text: 'ä\n', sequence: '$sequence' },
    answer: { key_id: '$key', cipher_text: BASE64 },
  },
  {
    operation: 'EncryptData',
    title: 'under an RSA key',
    given: 'an RSA key for encryption',
    fields: { ...KEY, ...OAEP, plain_text: 'x'.repeat(190) },
    answer: { key_id: '$key', cipher_text: /^[0-9A-Za-z+/]{342}==$/ },
  },
  ...refused('EncryptData', { ...KEY, plain_text: 'x' }, [
    ...NOT_IN_USE,
    ['KMS.0340', 'a key in a disabled keystore'],
    ['KMS.0335', 'an RSA key for signatures', OAEP],
    ['KMS.0341', 'an HMAC key'],
    ['KMS.1114', 'an EC key'],
    ['KMS.0208', 'a key', { encryption_context: { a: ['1'] } }],
    ['KMS.2101', 'a key', { plain_text: '' }],
    ['KMS.2101', 'a key', { plain_text: 'ä'.repeat(4000) }],
    ['KMS.2105', 'a key', OAEP],
    ['KMS.2106', 'an RSA key for encryption'],
    ['KMS.2108', 'an RSA key for encryption', { ...OAEP, plain_text: 'x'.repeat(191) }],
  ]),
  {
    operation: 'DecryptData',
    given: 'a sealed text',
    fields: { cipher_text: '$cipher' },
    answer: { key_id: '$key', plain_text: 'clear', plain_text_base64: 'Y2xlYXI=' },
  },
  ...refused('DecryptData', { cipher_text: 'A'.repeat(344), ...OAEP, ...KEY }, [
    UNKNOWN_KEY,
    ['KMS.0311', 'an RSA key for encryption'],
    ['KMS.2105', 'a key'],
    ['KMS.2201', 'a sealed text', { cipher_text: 'A'.repeat(344), ...symmetric() }],
    ['KMS.2201', 'a sealed text', { cipher_text: '$cipher', key_id: '$other', ...symmetric() }],
    ['KMS.0209', 'a disabled sealed text', { cipher_text: '$cipher', ...symmetric() }],
    ['KMS.0210', 'a sealed text to be deleted', { cipher_text: '$cipher', ...symmetric() }],
    ['KMS.2106', 'an RSA key for encryption', symmetric()],
    ['KMS.0335', 'an RSA key for signatures'],
    ['KMS.0341', 'an HMAC key'],
    ['KMS.1114', 'an EC key'],
    [
      'KMS.0340',
      'a sealed text in a disabled keystore',
      { cipher_text: '$cipher', ...symmetric() },
    ],
    ['KMS.1301', 'a sealed text without material', { cipher_text: '$cipher', ...symmetric() }],
  ]),
  {
    operation: 'ReEncrypt',
    given: 'a sealed text',
    fields: { cipher_text: '$cipher', source_key_id: '$key', destination_key_id: '$other' },
    answer: {
      key_id: '$other',
      source_key_id: '$key',
      source_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      destination_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      cipher_text: BASE64,
    },
  },
  ...refused('ReEncrypt', { cipher_text: '$cipher', destination_key_id: '$other' }, [
    ['KMS.0207', 'a sealed text', { destination_key_id: '$unknown' }],
    ['KMS.0209', 'a disabled sealed text'],
    ['KMS.0210', 'a sealed text to be deleted'],
    ['KMS.1301', 'sealed things and other keys', { destination_key_id: '$empty' }],
    ['KMS.0340', 'a sealed text in a disabled keystore'],
    ['KMS.0335', 'sealed things and other keys', { destination_key_id: '$rsaSigner', ...TO_OAEP }],
    ['KMS.0341', 'sealed things and other keys', { destination_key_id: '$hmac' }],
    ['KMS.1114', 'sealed things and other keys', { destination_key_id: '$ec' }],
    ['KMS.2105', 'sealed things and other keys', TO_OAEP],
    ['KMS.2106', 'sealed things and other keys', { destination_key_id: '$rsa' }],
    [
      'KMS.2108',
      'sealed things and other keys',
      { cipher_text: '$longText', destination_key_id: '$rsa', ...TO_OAEP },
    ],
    [
      'KMS.1904',
      'sealed things and other keys',
      { ...LONG_DATAKEY, destination_key_id: '$rsa', ...TO_OAEP },
    ],
    ['KMS.2204', 'sealed things and other keys', { ...LONG_DATAKEY, datakey_cipher_length: '32' }],
    [
      'KMS.0311',
      'sealed things and other keys',
      {
        cipher_text: 'A'.repeat(344),
        source_key_id: '$rsa',
        source_encryption_algorithm: 'RSAES_OAEP_SHA_256',
      },
    ],
  ]),
  {
    operation: 'Sign',
    given: 'an EC key',
    fields: { ...ECDSA, sequence: '$sequence' },
    answer: { key_id: '$key', signature: BASE64 },
  },
  {
    operation: 'Sign',
    title: 'a digest',
    given: 'an RSA key for signatures',
    fields: { ...KEY, signing_algorithm: 'RSASSA_PSS_SHA_256', message: DIGEST },
    answer: { key_id: '$key', signature: BASE64 },
  },
  ...refused('Sign', ECDSA, NOT_FOR_SIGNATURES),
  {
    operation: 'ValidateSignature',
    given: 'a signature',
    fields: { ...ECDSA, signature: '$signature' },
    answer: { key_id: '$key', signature_valid: 'true' },
  },
  {
    operation: 'ValidateSignature',
    title: 'of another message',
    given: 'a signature',
    fields: { ...ECDSA, signature: '$signature', message: DIGEST },
    answer: { key_id: '$key', signature_valid: 'false' },
  },
  ...refused('ValidateSignature', { ...ECDSA, ...SIGNATURE }, NOT_FOR_SIGNATURES),
  {
    operation: 'ShowPublicKey',
    given: 'an EC key',
    fields: KEY,
    answer: {
      key_id: '$key',
      public_key: /^-----BEGIN PUBLIC KEY-----\r\n[^]+\r\n-----END PUBLIC KEY-----\r\n$/,
    },
  },
  ...refused('ShowPublicKey', KEY, [
    UNKNOWN_KEY,
    ['KMS.0331', 'a key'],
    ['KMS.0341', 'an HMAC key'],
    ['KMS.0209', 'a disabled EC key'],
    ['KMS.0340', 'an EC key in a disabled keystore'],
    ['KMS.1301', 'an empty external pair'],
    ['KMS.0210', 'an EC key to be deleted'],
  ]),
  {
    operation: 'DeriveSharedSecret',
    given: 'a key for agreement',
    fields: { ...KEY, key_agreement_algorithm: 'ECDH', public_key: '$peer' },
    answer: { key_id: '$key', key_agreement_algorithm: 'ECDH', shared_secret: BASE64 },
  },
  ...refused(
    'DeriveSharedSecret',
    { ...KEY, key_agreement_algorithm: 'ECDH', public_key: '$peer' },
    [
      UNKNOWN_KEY,
      ['KMS.0308', 'a key for agreement', { public_key: MESSAGE }],
      ['KMS.0209', 'a disabled key for agreement'],
      ['KMS.0210', 'a key for agreement to be deleted'],
      ['KMS.0331', 'a key'],
      ['KMS.0335', 'an EC key'],
      ['KMS.0340', 'a key for agreement in a disabled keystore'],
      ['KMS.0341', 'an HMAC key'],
    ],
  ),
  {
    operation: 'GenerateMac',
    given: 'an HMAC key',
    fields: HMAC,
    answer: { key_id: '$key', mac_algorithm: 'HMAC_SHA_256', mac: /^[0-9a-f]{64}$/ },
  },
  {
    operation: 'VerifyMac',
    given: 'a MAC',
    fields: { ...HMAC, mac: '$mac' },
    answer: { key_id: '$key', mac_algorithm: 'HMAC_SHA_256', mac_valid: true },
  },
  {
    operation: 'VerifyMac',
    title: 'of another message',
    given: 'a MAC',
    fields: { ...HMAC, mac: '$mac', message: DIGEST },
    answer: { mac_valid: false },
  },
  ...refused('GenerateMac', HMAC, NOT_FOR_MACS),
  ...refused('VerifyMac', { ...HMAC, mac: 'ff'.repeat(32) }, NOT_FOR_MACS),
]

function symmetric() {
  return { encryption_algorithm: 'SYMMETRIC_DEFAULT' }
}
