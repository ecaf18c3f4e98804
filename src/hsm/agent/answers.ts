import type { HashName } from '../../core/hsm-pairs.js'

/*
 * Known answers for the tests that a token must pass before it serves.
 *
 * AES-KWP: RFC 5649 section 6, and lengths around multiples of 8 computed with OpenSSL 3.0 (id-aes256-wrap-pad) under
 * the key 00 01 .. 1f and the secret ff fe fd .. . HMAC: computed with OpenSSL 3.0
 * under keys that begin as it does (the keys of RFC 4231 are too short or too long for some tokens). AES-GCM: test case 16 of the GCM
 * specification of McGrew and Viega, with its tag appended.
 */

/** A secret, the KEK, and what wrapping gives: exactly by RFC 5649, or of the zero-padded secret. */
export interface KwpAnswer {
  readonly name: string
  readonly kek: Buffer
  readonly secret: Buffer
  readonly exact: Buffer
  /** RFC 5649 of the secret padded with zeroes to a multiple of 8. */
  readonly zeroPadded: Buffer
}

const RFC_KEK = '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8'
const KEK = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

/** Answers of AES key wrap with padding; the first is of a length that every padding leaves alone but PKCS#7. */
export const KWP_ANSWERS: readonly [KwpAnswer, ...KwpAnswer[]] = [
  kwp({
    name: '8 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8',
    exact: '87d232771cf8250f4735dd2d84dbd708',
  }),
  kwp({
    name: '7 bytes, RFC 5649 section 6',
    kek: RFC_KEK,
    secret: '466f7250617369',
    exact: 'afbeb0f07dfbf5419200f2ccb50bb24f',
    zeroPadded: '0e13c7817f2e6681f64d911b7dd014d5',
  }),
  kwp({
    name: '20 bytes, RFC 5649 section 6',
    kek: RFC_KEK,
    secret: 'c37b7e6492584340bed12207808941155068f738',
    exact: '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
    zeroPadded: 'cf1e485360e1a8126f524d01771677f9400edb4d074f14116988d71e1588e367',
  }),
  kwp({
    name: '1 byte',
    kek: KEK,
    secret: 'ff',
    exact: '494f9e7385b8a85aab4483fe5cf469fa',
    zeroPadded: 'fb4e4248b725a25f6fec1662705e3571',
  }),
  kwp({
    name: '9 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7',
    exact: 'd815848769af252c3b1f3d4578bce3f06df0b2709d8b5d56',
    zeroPadded: '0472f162ace676c88121907dcdf36ae4026d47ad57b6add7',
  }),
  kwp({
    name: '16 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0',
    exact: '0e2a6513949aa6045d359065d975612ea3b70adcc6ed79d7',
  }),
  kwp({
    name: '24 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8',
    exact: '2444053707eb369dbe97b9cd7f740df4288332abe0970e43cada219742a02b9d',
  }),
  kwp({
    name: '31 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1',
    exact: 'cd81469659221a83c2ad9859eae4d96628780282466520c94ce476d89ac20768f783c30223243d4c',
    zeroPadded: 'e5cee519d8eb6f670479b5771750215cec185310db21ae8736cf4d0815d9d5ed9f3233423d9e5067',
  }),
  kwp({
    name: '32 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0',
    exact: '909d73cc29f34358f1af8e8ab1c3569792144fd82344607214de175a93b287a9f62d1edf2c4ca4f9',
  }),
  kwp({
    name: '33 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0df',
    exact:
      '5d96149e28d39519e3a7bcb48d459a03325643e09da029bfc0befbcc2bda07b3dde2910a77818286c61121a77a01fe11',
    zeroPadded:
      'ea1ac627d99970ddaa53b0a2a853857e71f41463f17290b7362d173565412d0119d311f0e0fb6af603340553f7b2cc79',
  }),
  kwp({
    name: '40 bytes',
    kek: KEK,
    secret: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0dfdedddcdbdad9d8',
    exact:
      '86b505ccf2c2ff12dcc862ef6411f77a6a86d3cbdcf6b5c2adbbd7be55d26a3d10fc7951c4445a50f0ff016724ae26a6',
  }),
  kwp({
    name: '64 bytes',
    kek: KEK,
    secret:
      'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0dfdedddcdbdad9d8d7d6d5d4d3d2d1d0cfcecdcccbcac9c8c7c6c5c4c3c2c1c0',
    exact:
      '72bebc46dced2bd3fe0f4fa442a98556cfd73bed8107a7f7c9d35e334ddf1efc0f9f0b285ab23851195478882013df4855275266c148008d6451898e0406d5698a3529824698ba46',
  }),
]

/** A MAC of a text under a key. */
export interface HmacAnswer {
  readonly name: string
  readonly hash: HashName
  readonly key: Buffer
  readonly message: Buffer
  readonly mac: Buffer
}

const LONG_KEY = KEK + '202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f'

/** Answers of HMAC, each with a key as long as the hash. */
export const HMAC_ANSWERS: Readonly<Record<'binding' | 'hmac-384' | 'hmac-512', HmacAnswer>> = {
  binding: {
    name: 'HMAC-SHA-256 with a 32-byte key',
    hash: 'sha256',
    key: hex(KEK),
    message: Buffer.from('Hi There', 'latin1'),
    mac: hex('278639ec02309d3afded1b273f1349ba63b9089c12476d716bee3ecc94673e9e'),
  },
  'hmac-384': {
    name: 'HMAC-SHA-384 with a 48-byte key',
    hash: 'sha384',
    key: hex(LONG_KEY).subarray(0, 48),
    message: Buffer.from('Hi There', 'latin1'),
    mac: hex(
      '33c27544b29f14980411ffc14559e8e32747db297cae9e5f346d31f44db42ff54f164e1ae83d57e595fa9e04f136904a',
    ),
  },
  'hmac-512': {
    name: 'HMAC-SHA-512 with a 64-byte key',
    hash: 'sha512',
    key: hex(LONG_KEY),
    message: Buffer.from('Hi There', 'latin1'),
    mac: hex(
      'a3094851ee23a0111258d761c84a8874397304e578c0d166083d1c9f30fff1b82597b5191fbce903be794e20d27099139d86bfa7cea79d864708720b16b67cf4',
    ),
  },
}

/** Answer of AES-256-GCM: ciphertext, then the 16-byte tag. */
export const GCM_ANSWER = {
  name: 'AES-256-GCM, test case 16 of its specification',
  key: hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
  iv: hex('cafebabefacedbaddecaf888'),
  aad: hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
  plaintext: hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  ),
  sealed: hex(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  ),
} as const

function kwp(row: {
  readonly name: string
  readonly kek: string
  readonly secret: string
  readonly exact: string
  readonly zeroPadded?: string
}): KwpAnswer {
  return {
    name: row.name,
    kek: hex(row.kek),
    secret: hex(row.secret),
    exact: hex(row.exact),
    zeroPadded: hex(row.zeroPadded ?? row.exact),
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
