import { ECDH, type KeyObject, createPublicKey, diffieHellman } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { describeUnless } from '../support/describe-unless.js'
import { freshPair } from '../support/fresh-pair.js'
import { lackOfSpec, makes } from '../support/lacks.js'
import { rsaPair } from '../support/rsa-pairs.js'

let app: TestApp
const keys = new Map<string, string>()
const CURVES = [
  ['EC_P256', 'P-256', 32],
  ['EC_P384', 'P-384', 48],
  ['SECP256K1', 'secp256k1', 32],
] as const
beforeAll(async () => {
  app = await startApp()
  for (const [key_spec] of CURVES.filter(([spec]) => makes(spec))) {
    keys.set(key_spec, await app.createCmk({ key_spec, key_usage: 'KEY_AGREEMENT' }))
  }
})
afterAll(() => app.close())

function derive(key_id: unknown, der: Uint8Array, fields: object = {}) {
  return app.call('DeriveSharedSecret', {
    key_id,
    key_agreement_algorithm: 'ECDH',
    public_key: Buffer.from(der).toString('base64'),
    ...fields,
  })
}

function spki(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' })
}

for (const curve of CURVES) {
  describeUnless(lackOfSpec(curve[0]), curve[0], () => agrees(curve[0], curve[1], curve[2]))
}

function agrees(spec: string, namedCurve: string, bytes: number): void {
  test('both sides agree', async () => {
    const key_id = keys.get(spec)
    const peer = freshPair('ec', { namedCurve })
    const { json } = await derive(key_id, spki(peer.publicKey))
    const mine = (await app.call('ShowPublicKey', { key_id })).json['public_key']
    const expected = diffieHellman({
      privateKey: peer.privateKey,
      publicKey: createPublicKey(String(mine)),
    })
    expect(expected).toHaveLength(bytes)
    expect(json).toEqual({
      key_id,
      key_agreement_algorithm: 'ECDH',
      shared_secret: expected.toString('base64'),
    })
  })

  test('a point that is not on the curve never reaches the token', async () => {
    const der = spki(freshPair('ec', { namedCurve }).publicKey)
    for (const at of [1, bytes, bytes + 1, 2 * bytes]) {
      const off = Buffer.from(der)
      const place = off.length - at
      off.writeUInt8(off.readUInt8(place) ^ 1, place)
      expectError(await derive(keys.get(spec), off), 'KMS.0308')
    }
    const zero = Buffer.from(der)
    zero.fill(0, der.length - 2 * bytes)
    expectError(await derive(keys.get(spec), zero), 'KMS.0308')
    // The point at infinity is one zero byte. Node 20 ends the process where it is asked what curve such a key is on.
    const algorithm = der.subarray(2, der.length - 2 * bytes - 4)
    const infinity = Buffer.concat([Buffer.of(0x30, algorithm.length + 4), algorithm])
    expectError(
      await derive(keys.get(spec), Buffer.concat([infinity, Buffer.of(3, 2, 0, 0)])),
      'KMS.0308',
    )
  })
}

test('a compressed point is read as well', async () => {
  const peer = freshPair('ec', { namedCurve: 'P-256' })
  const der = spki(peer.publicKey)
  const point = ECDH.convertKey(der.subarray(26), 'prime256v1', undefined, undefined, 'compressed')
  const front = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
  const compressed = Buffer.concat([front, Buffer.from(point)])
  const replies = [
    await derive(keys.get('EC_P256'), der),
    await derive(keys.get('EC_P256'), compressed),
  ]
  expect(replies[1]?.json).toEqual(replies[0]?.json)
  expect(replies[1]?.status).toBe(200)
})

test('a peer on another curve, or with no curve at all, is refused', async () => {
  const pairs = [
    freshPair('ec', { namedCurve: 'P-384' }),
    freshPair('ec', { namedCurve: 'secp256k1' }),
    freshPair('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
    freshPair('x25519'),
    freshPair('ed25519'),
    rsaPair(2048),
  ]
  for (const { publicKey } of pairs) {
    expectError(await derive(keys.get('EC_P256'), spki(publicKey)), 'KMS.0308')
  }
  const { privateKey } = freshPair('ec', { namedCurve: 'P-256' })
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  expectError(await derive(keys.get('EC_P256'), pkcs8), 'KMS.0308')
})

test.each([
  [{ public_key: '' }, 'KMS.0308'],
  [{ public_key: 'AAAA' }, 'KMS.0308'],
  [{ public_key: '!' }, 'KMS.0308'],
  [{ key_agreement_algorithm: 'DH' }, 'KMS.0308'],
  [{ recipient: {} }, 'KMS.3804'],
  [{ recipient: { attestation_document: 'x' } }, 'KMS.3804'],
] as const)('refuses %j with %s', async (fields, code) => {
  const { publicKey } = freshPair('ec', { namedCurve: 'P-256' })
  expectError(await derive(keys.get('EC_P256'), spki(publicKey), fields), code)
})

test.each([
  [{}, 'KMS.0331'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341'],
  [{ key_spec: 'EC_P256' }, 'KMS.0335'],
  [{ key_spec: 'RSA_2048' }, 'KMS.0335'],
] as const)('a key of %j agrees on nothing', async (fields, code) => {
  const { publicKey } = freshPair('ec', { namedCurve: 'P-256' })
  expectError(await derive(await app.createCmk(fields), spki(publicKey)), code)
})

test('a token that derives no plain secret makes no keys for agreement', async () => {
  const poor = await startApp({ hsm: { limits: { agrees: false } } })
  const wish = { key_alias: 'agree', key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }
  expectError(await poor.call('CreateKey', wish), 'KMS.1110')
  const signing = { ...wish, key_usage: 'SIGN_VERIFY' }
  expect((await poor.call('CreateKey', signing)).status).toBe(200)
  await poor.close()
})
