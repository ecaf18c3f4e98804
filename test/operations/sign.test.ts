import { constants, createHash, createPublicKey, sign as opensslSign, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { describeUnless } from '../support/describe-unless.js'
import { freshPair } from '../support/fresh-pair.js'
import { lackOfSpec, makes, testUnless } from '../support/lacks.js'

const SPECS = ['RSA_2048', 'RSA_3072', 'EC_P256', 'EC_P384', 'SECP256K1', 'ED25519'] as const

let app: TestApp
const keys = new Map<string, string>()
beforeAll(async () => {
  app = await startApp()
  for (const key_spec of SPECS.filter(makes)) {
    keys.set(key_spec, await app.createCmk({ key_spec, key_usage: 'SIGN_VERIFY' }))
  }
})
afterAll(() => app.close())

const HASHES = ['SHA_256', 'SHA_384', 'SHA_512'] as const
const MESSAGE = Buffer.from('the message of this test')

const CASES = [
  ...HASHES.flatMap((hash) => [
    ...(['RSA_2048', 'RSA_3072'] as const).flatMap((spec) => [
      [spec, `RSASSA_PSS_${hash}`] as const,
      [spec, `RSASSA_PKCS1_V1_5_${hash}`] as const,
    ]),
    ...(['EC_P256', 'EC_P384', 'SECP256K1'] as const).map(
      (spec) => [spec, `ECDSA_${hash}`] as const,
    ),
  ]),
]

/** Name of the hash in OpenSSL. */
function hashOf(algorithm: string): string {
  return `sha${algorithm.slice(-3)}`
}

async function publicKeyOf(key_id: unknown) {
  const { json } = await app.call('ShowPublicKey', { key_id })
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const key = createPublicKey(String(json['public_key']))
  return { pem: String(json['public_key']), key, padding }
}

for (const [spec, algorithm] of CASES) {
  describeUnless(lackOfSpec(spec), `${spec} with ${algorithm}`, () =>
    signsAndVerifies(spec, algorithm),
  )
}

function signsAndVerifies(spec: string, algorithm: string): void {
  const digest = createHash(hashOf(algorithm)).update(MESSAGE).digest('base64')
  const requests = [
    { message: MESSAGE.toString('base64'), message_type: 'RAW' },
    { message: digest, message_type: 'DIGEST' },
    { message: digest },
  ]

  test('OpenSSL accepts the signature, as does the service, of a message and of its digest', async () => {
    const key_id = keys.get(spec)
    const { key, padding } = await publicKeyOf(key_id)
    const pss = algorithm.includes('PSS') && {
      padding,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }
    for (const request of requests) {
      const body = { key_id, signing_algorithm: algorithm }
      const { json } = await app.call('Sign', { ...body, ...request })
      const { signature } = json
      expect(json).toEqual({ key_id, signature: expect.any(String) })
      const bytes = Buffer.from(String(signature), 'base64')
      expect(verify(hashOf(algorithm), MESSAGE, { key, ...pss }, bytes)).toBe(true)
      for (const other of requests) {
        const verified = await app.call('ValidateSignature', { ...body, ...other, signature })
        expect(verified.json).toEqual({ key_id, signature_valid: 'true' })
      }
    }
  })

  test('a signature of something else is false, as are bytes that are none', async () => {
    const key_id = keys.get(spec)
    const body = { key_id, signing_algorithm: algorithm, message: digest }
    const { signature } = (await app.call('Sign', body)).json
    const good = Buffer.from(String(signature), 'base64')
    const wrong = Buffer.from(good)
    wrong.writeUInt8(wrong.readUInt8(wrong.length - 1) ^ 1, wrong.length - 1)
    const bad = [wrong, good.subarray(1), Buffer.concat([good, Buffer.of(0)]), Buffer.of(1)]
    for (const bytes of bad) {
      const reply = await app.call('ValidateSignature', {
        ...body,
        signature: bytes.toString('base64'),
      })
      expect([reply.status, reply.json['signature_valid']]).toEqual([200, 'false'])
    }
    const message = createHash(hashOf(algorithm)).update('another').digest('base64')
    const reply = await app.call('ValidateSignature', { ...body, message, signature })
    expect(reply.json['signature_valid']).toBe('false')
  })
}

describeUnless(lackOfSpec('ED25519'), 'ED25519', () => {
  const body = { signing_algorithm: 'ED25519_SHA_512', message_type: 'RAW' }

  test('signs the message itself', async () => {
    const key_id = keys.get('ED25519')
    const message = MESSAGE.toString('base64')
    const { signature } = (await app.call('Sign', { ...body, key_id, message })).json
    const { key } = await publicKeyOf(key_id)
    expect(verify(null, MESSAGE, key, Buffer.from(String(signature), 'base64'))).toBe(true)
    const verified = await app.call('ValidateSignature', { ...body, key_id, message, signature })
    expect(verified.json['signature_valid']).toBe('true')
  })

  test('takes no digest, and is not prehashed where the token cannot', async () => {
    const key_id = keys.get('ED25519')
    const message = Buffer.alloc(64).toString('base64')
    const digest = { ...body, key_id, message, message_type: 'DIGEST' }
    expect(expectError(await app.call('Sign', digest), 'KMS.0308')).toContain('RAW')
    const prehashed = { ...digest, signing_algorithm: 'ED25519_PH_SHA_512' }
    expect(expectError(await app.call('Sign', prehashed), 'KMS.0332')).toContain('token')
  })
})

test('verifies what OpenSSL signed with a key that nobody imported: false', async () => {
  const { privateKey } = freshPair('ec', { namedCurve: 'P-256' })
  const signature = opensslSign('sha256', MESSAGE, privateKey).toString('base64')
  const message = MESSAGE.toString('base64')
  const request = { signing_algorithm: 'ECDSA_SHA_256', message_type: 'RAW' }
  const body = { key_id: keys.get('EC_P256'), message, signature, ...request }
  expect((await app.call('ValidateSignature', body)).json['signature_valid']).toBe('false')
})

test('a message may have 4096 bytes and no more', async () => {
  const rest = { signing_algorithm: 'ECDSA_SHA_256', message_type: 'RAW' }
  for (const [length, status] of [
    [1, 200],
    [4096, 200],
    [4097, 400],
  ] as const) {
    const message = Buffer.alloc(length, 7).toString('base64')
    const reply = await app.call('Sign', { key_id: keys.get('EC_P256'), message, ...rest })
    expect([length, reply.status]).toEqual([length, status])
  }
})

test('reads a last character whose unused bits are set', async () => {
  const rest = { key_id: keys.get('EC_P256'), signing_algorithm: 'ECDSA_SHA_256' }
  const raw = { ...rest, message_type: 'RAW' }
  const { signature } = (await app.call('Sign', { ...raw, message: 'QQ==' })).json
  const verified = await app.call('ValidateSignature', { ...raw, message: 'QR==', signature })
  expect(verified.json['signature_valid']).toBe('true')
})

const DIGEST = createHash('sha256').update(MESSAGE).digest('base64')

for (const [spec, fields, code] of [
  ['EC_P256', { message: '' }, 'KMS.0308'],
  ['EC_P256', { message: '=' }, 'KMS.0308'],
  ['EC_P256', { message: 'AAA' }, 'KMS.0308'],
  ['EC_P256', { message: 'A_-A' }, 'KMS.0308'],
  ['EC_P256', { message: 'AAAA' }, 'KMS.0329'],
  ['EC_P256', { signing_algorithm: 'ECDSA_SHA_384' }, 'KMS.0329'],
  ['EC_P256', { signing_algorithm: 'RSASSA_PSS_SHA_256' }, 'KMS.0332'],
  ['EC_P256', { signing_algorithm: 'SM2DSA_SM3' }, 'KMS.0332'],
  ['EC_P256', { signing_algorithm: 'MD5' }, 'KMS.0332'],
  ['EC_P256', { message_type: 'HASH' }, 'KMS.0308'],
  ['RSA_2048', { signing_algorithm: 'ECDSA_SHA_256' }, 'KMS.0332'],
  ['ED25519', { signing_algorithm: 'ECDSA_SHA_256' }, 'KMS.0332'],
] as const) {
  const title = `${spec} refuses ${JSON.stringify(fields)} with ${code}`
  testUnless(lackOfSpec(spec), title, async () => {
    const base = { signing_algorithm: 'ECDSA_SHA_256', message: DIGEST }
    const body = { key_id: keys.get(spec), ...base, ...fields }
    expectError(await app.call('Sign', body), code)
    expectError(await app.call('ValidateSignature', { ...body, signature: 'AAAA' }), code)
  })
}

test.each([
  [{}, 'KMS.1115', 'KMS.0331'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341', 'KMS.0341'],
  [{ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' }, 'KMS.0334', undefined],
  [{ key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }, 'KMS.0334', undefined],
] as const)(
  'a key of %j signs with %s, and gives its public key with %s',
  async (fields, code, pub) => {
    const key_id = await app.createCmk(fields)
    const body = { key_id, message: DIGEST, signing_algorithm: 'ECDSA_SHA_256' }
    expectError(await app.call('Sign', body), code)
    expectError(await app.call('ValidateSignature', { ...body, signature: 'AAAA' }), code)
    const reply = await app.call('ShowPublicKey', { key_id })
    if (pub) expectError(reply, pub)
    else expect(reply.status).toBe(200)
  },
)

test('the public key is SubjectPublicKeyInfo with CRLF line ends', async () => {
  for (const key_id of keys.values()) {
    const { pem, key } = await publicKeyOf(key_id)
    const again = key.export({ format: 'pem', type: 'spki' }).toString()
    expect(pem).toBe(again.replaceAll('\n', '\r\n'))
  }
})

test('a disabled key neither signs nor verifies nor shows its public key', async () => {
  const key_id = await app.createCmk({ key_spec: 'EC_P256' })
  await app.call('DisableKey', { key_id })
  const body = { key_id, message: DIGEST, signing_algorithm: 'ECDSA_SHA_256', signature: 'AAAA' }
  for (const name of ['Sign', 'ValidateSignature', 'ShowPublicKey']) {
    expectError(await app.call(name, body), 'KMS.0209')
    const foreign = { ...body, key_id: keys.get('EC_P256') }
    expectError(await app.call(name, foreign, { project: OTHER_PROJECT }), 'KMS.0207')
  }
})

test('a token that lacks a scheme says so before it is asked', async () => {
  const poor = await startApp({ hsm: { limits: { signatureSchemes: ['pkcs1-sha256'] } } })
  const key_id = await poor.createCmk({ key_spec: 'RSA_2048' })
  const body = { key_id, message: DIGEST, signing_algorithm: 'RSASSA_PSS_SHA_256' }
  expect(expectError(await poor.call('Sign', body), 'KMS.0332')).toContain('token')
  const good = { ...body, signing_algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' }
  expect((await poor.call('Sign', good)).status).toBe(200)
  await poor.close()
})
