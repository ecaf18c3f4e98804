import { createPublicKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import pkcs11 from 'pkcs11js'
import { octetString } from '../../src/hsm/agent/der.js'
import { pairRow } from '../../src/hsm/agent/pair-algorithms.js'
import { TokenError } from '../../src/hsm/agent/pkcs11-error.js'
import type { OpenSession } from '../../src/hsm/agent/session.js'
import { schemeRow } from '../../src/hsm/agent/signature-mechanisms.js'
import { readPublicKey } from '../../src/hsm/agent/spki.js'
import { type Profile, loadProfile } from '../../src/hsm/profile.js'
import { freshPair } from '../support/fresh-pair.js'
import { rsaPair } from '../support/rsa-pairs.js'

/*
 * Public keys as tokens show them, also of algorithms and in forms that no token of the tests has.
 */

const CKA_PARAMETER_SET = 0x61d
const CKK_EC_EDWARDS = 0x40
const CKK_ML_DSA = 0x4a
const SM2_OID = '06082a811ccf5501822d'

const PROFILE = loadProfile('softhsm2')
const NUMBERLESS: Profile = {
  ...PROFILE,
  algorithms: [...PROFILE.algorithms, 'sm2', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'],
  signatureSchemes: [...PROFILE.signatureSchemes, 'sm2dsa', 'ml-dsa'],
}
const WITH_SM2: Profile = {
  ...NUMBERLESS,
  vendorNumbers: {
    CKK_SM2: '0x80000001',
    CKM_SM2_KEY_PAIR_GEN: '0x80000002',
    CKM_SM2: '0x80000003',
  },
}

/** The SubjectPublicKeyInfo of an object with these attributes. */
function spkiOf(attributes: ReadonlyMap<number, Buffer>, profile = PROFILE): Buffer {
  const lib = {
    C_GetAttributeValue: (
      _session: Buffer,
      _object: Buffer,
      [asked]: readonly { type: number }[],
    ) => [{ type: asked?.type, value: attributes.get(asked?.type ?? -1) }],
  }
  // Nothing but this one function is called.
  const session = { lib, handle: Buffer.alloc(8) } as unknown as OpenSession
  return readPublicKey(session, Buffer.alloc(8), profile)
}

function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(value)
  return bytes
}

function failureOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof TokenError) return `${error.failure}, costs the ${error.radius}`
    throw error
  }
  return 'nothing'
}

test.each([
  ['P-256', '06082a8648ce3d030107'],
  ['P-384', '06052b81040022'],
  ['P-521', '06052b81040023'],
  ['secp256k1', '06052b8104000a'],
])('reads a point of %s, bare or in an OCTET STRING', (namedCurve, oid) => {
  const { publicKey } = freshPair('ec', { namedCurve })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const halves = [x, y].map((text) => Buffer.from(text, 'base64url'))
  const point = Buffer.concat([Buffer.of(4), ...halves])
  for (const value of [point, octetString(point)]) {
    const attributes = new Map([
      [pkcs11.CKA_KEY_TYPE, ulong(pkcs11.CKK_EC)],
      [pkcs11.CKA_EC_PARAMS, Buffer.from(oid, 'hex')],
      [pkcs11.CKA_EC_POINT, value],
    ])
    expect(spkiOf(attributes)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
  }
})

test('reads an Ed25519 point, bare or in an OCTET STRING', () => {
  const { publicKey } = freshPair('ed25519')
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  for (const value of [point, octetString(point)]) {
    const attributes = new Map([
      [pkcs11.CKA_KEY_TYPE, ulong(CKK_EC_EDWARDS)],
      [pkcs11.CKA_EC_POINT, value],
    ])
    expect(spkiOf(attributes)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
  }
})

test('reads an RSA modulus with and without a leading zero', () => {
  const { publicKey } = rsaPair(2048)
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
  for (const value of [modulus, Buffer.concat([Buffer.alloc(1), modulus])]) {
    const attributes = new Map([
      [pkcs11.CKA_KEY_TYPE, ulong(pkcs11.CKK_RSA)],
      [pkcs11.CKA_MODULUS, value],
      [pkcs11.CKA_PUBLIC_EXPONENT, Buffer.of(1, 0, 1)],
    ])
    expect(spkiOf(attributes)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
  }
})

test('reads an SM2 point of a token whose profile has the numbers of SM2', () => {
  // OpenSSL 3.0 reads SM2 keys, so it can say whether this is one. The base point is a point.
  const base =
    '0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'
  const attributes = new Map([
    [pkcs11.CKA_KEY_TYPE, ulong(0x80000001)],
    [pkcs11.CKA_EC_PARAMS, Buffer.from(SM2_OID, 'hex')],
    [pkcs11.CKA_EC_POINT, octetString(Buffer.from(base, 'hex'))],
  ])
  const spki = spkiOf(attributes, WITH_SM2)
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  expect(key.export({ format: 'der', type: 'spki' })).toEqual(spki)
  expect(failureOf(() => spkiOf(attributes))).toBe('unsupported, costs the request')
})

test('reads an ML-DSA key by its parameter set', () => {
  const value = Buffer.alloc(1312, 7)
  const attributes = new Map([
    [pkcs11.CKA_KEY_TYPE, ulong(CKK_ML_DSA)],
    [CKA_PARAMETER_SET, ulong(1)],
    [pkcs11.CKA_VALUE, value],
  ])
  // RFC 9881 section 4: SEQUENCE { SEQUENCE { id-ml-dsa-44 }, BIT STRING }.
  const header = '30820532300b06096086480165030403110382052100'
  expect(spkiOf(attributes).toString('hex')).toBe(header + value.toString('hex'))
  attributes.set(CKA_PARAMETER_SET, ulong(9))
  expect(failureOf(() => spkiOf(attributes))).toBe('unsupported, costs the request')
})

test.each([
  ['a curve that is not known', [[pkcs11.CKA_EC_PARAMS, Buffer.of(6, 1, 1)]]],
  ['a compressed point', [[pkcs11.CKA_EC_POINT, octetString(Buffer.alloc(33, 2))]]],
  ['no point', [[pkcs11.CKA_EC_POINT, Buffer.alloc(0)]]],
  ['a type that is not known', [[pkcs11.CKA_KEY_TYPE, ulong(0x7f)]]],
] as const)('refuses %s', (_what, changes) => {
  const attributes = new Map<number, Buffer>([
    [pkcs11.CKA_KEY_TYPE, ulong(pkcs11.CKK_EC)],
    [pkcs11.CKA_EC_PARAMS, Buffer.from('06082a8648ce3d030107', 'hex')],
    [pkcs11.CKA_EC_POINT, Buffer.alloc(65, 4)],
    ...changes,
  ])
  expect(failureOf(() => spkiOf(attributes))).toBe('unsupported, costs the request')
})

test('has numbers of SM2 and ML-DSA only for a profile that lists and gives them', () => {
  expect(pairRow(WITH_SM2, 'sm2')).toMatchObject({ keyType: 0x80000001, mechanism: 0x80000002 })
  expect(schemeRow(WITH_SM2, 'sm2dsa')).toMatchObject({ mechanism: { mechanism: 0x80000003 } })
  // PKCS#11 v3.2 section 6.67.
  expect(pairRow(WITH_SM2, 'ml-dsa-65')).toEqual({
    keyType: CKK_ML_DSA,
    mechanism: 0x1c,
    parameters: [{ type: CKA_PARAMETER_SET, value: 2 }],
  })
  expect(schemeRow(WITH_SM2, 'ml-dsa')).toMatchObject({ mechanism: { mechanism: 0x1d } })
  for (const [profile, algorithm] of [
    [PROFILE, 'sm2'],
    [PROFILE, 'ml-dsa-44'],
    [NUMBERLESS, 'sm2'],
  ] as const) {
    expect(failureOf(() => pairRow(profile, algorithm))).toBe('unsupported, costs the request')
  }
  expect(failureOf(() => schemeRow(NUMBERLESS, 'sm2dsa'))).toBe('unsupported, costs the request')
  expect(failureOf(() => schemeRow(PROFILE, 'ml-dsa'))).toBe('unsupported, costs the request')
})
