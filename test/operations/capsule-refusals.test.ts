import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { freshPair } from '../support/fresh-pair.js'
import { rsaPair } from '../support/rsa-pairs.js'
import { capsuleCalls } from './capsule-calls.js'
import { type KeySpaceCalls, keySpaceCalls, wireTime } from './key-space-calls.js'

let app: TestApp
let calls: KeySpaceCalls
let key_id: string
let point: string
let privateKey: string
beforeAll(async () => {
  app = await startApp()
  calls = keySpaceCalls(app)
  key_id = await app.createCmk()
  point = await calls.createPoint()
  privateKey = await calls.privateKey(point)
})
afterAll(() => app.close())

const { create, open } = capsuleCalls(() => ({ app, calls, key_id, point, privateKey }))

describe('CreateDatakeyCapsule', () => {
  const id = randomUUID()
  const key_policy = JSON.stringify({ version: '1', allowed_access_point: [id] })
  const weak = freshPair('rsa', { modulusLength: 1024 }).publicKey
  const curve = freshPair('ec', { namedCurve: 'P-256' }).publicKey
  const small = freshPair('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey
  test.each([
    [{}, 'KMS.0204'],
    [{ policy_id: '', key_policy: '' }, 'KMS.0204'],
    [{ policy_id: id, key_policy }, 'KMS.0308'],
    [{ policy_id: id }, 'KMS.0308'],
    [{ policy_id: '\0' }, 'KMS.0308'],
    [{ key_policy: '{"version":"1"}' }, 'KMS.0308'],
    [{ key_policy: '{}' }, 'KMS.0308'],
    [{ key_policy, datakey_length: '64' }, 'KMS.1901'],
    [{ key_policy, datakey_length: undefined }, 'KMS.0204'],
    [{ key_policy, key_id: 'alias/x' }, 'KMS.0205'],
    [{ key_policy, key_id: id }, 'KMS.0207'],
    [{ key_policy, public_key: 'x' }, 'KMS.0308'],
    [
      {
        key_policy,
        public_key: rsaPair(2048).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      },
      'KMS.0308',
    ],
    [{ key_policy, public_key: weak.export({ type: 'spki', format: 'pem' }) }, 'KMS.0308'],
    [{ key_policy, public_key: curve.export({ type: 'spki', format: 'pem' }) }, 'KMS.0308'],
    [{ key_policy, public_key: small.export({ type: 'spki', format: 'pem' }) }, 'KMS.0308'],
    [{ key_policy, public_key: 'A'.repeat(4097) }, 'KMS.0308'],
  ] as const)('refuses case %#: %s', async (wrong, code) => {
    const body = { key_id, datakey_length: '256', ...wrong }
    expectError(await app.call('CreateDatakeyCapsule', body), code)
  })

  test.each([
    ['RSA_2048', 'ENCRYPT_DECRYPT', 'KMS.0325'],
    ['EC_P256', 'SIGN_VERIFY', 'KMS.0335'],
    ['HMAC_256', 'GENERATE_VERIFY_MAC', 'KMS.0335'],
  ] as const)('refuses a key of %s for %s with %s', async (key_spec, key_usage, code) => {
    const made = await app.call('CreateKey', { key_alias: randomUUID(), key_spec, key_usage })
    const other = (made.json['key_info'] as { key_id: string }).key_id
    const body = { key_id: other, datakey_length: '256', key_policy }
    expectError(await app.call('CreateDatakeyCapsule', body), code)
  })

  test('and the opening refuse a disabled key', async () => {
    const other = await app.createCmk()
    const own = JSON.stringify({ version: '1', allowed_access_point: [point] })
    const { datakey_capsule: capsule } = await create({ key_id: other, key_policy: own })
    await app.call('DisableKey', { key_id: other })
    const body = { key_id: other, datakey_length: '256', key_policy }
    expectError(await app.call('CreateDatakeyCapsule', body), 'KMS.0209')
    const attestation_document = calls.attest({ privateKey, keyId: other, capsule })
    expectError(await open(capsule, { key_id: other, attestation_document }), 'KMS.0209')
  })
})

describe('the attestation document', () => {
  let capsule: string
  beforeAll(async () => {
    capsule = (await create()).datakey_capsule
  })

  function attested(change: (proof: Record<string, string>) => object) {
    const proof = calls.attest({ privateKey, keyId: key_id, capsule })
    return open(capsule, { attestation_document: change(proof) })
  }

  test.each([
    ['nothing', () => ({}), /custom_public_key must be base64/],
    ['a machine', () => ({ ecs_signature: 'x' }), /services of a cloud/],
    ['a cluster', () => ({ service_token: 'x' }), /services of a cloud/],
    ['a machine besides', (proof: object) => ({ ...proof, ecs_signature: 'x' }), /of a cloud/],
    ['no base64', (proof: object) => ({ ...proof, custom_signature: '%' }), /must be base64/],
    ['no signature', (proof: object) => ({ ...proof, custom_signature: 'AAAA' }), /not the sig/],
    ['no time', (proof: object) => ({ ...proof, expire_time: 'soon' }), /must be a time/],
    ['a number', (proof: object) => ({ ...proof, expire_time: 1 }), /whose members are texts/],
    ['a later time', (proof: object) => ({ ...proof, expire_time: wireTime(120_000) }), /not the/],
  ] as const)('of %s is refused', async (_name, change, sentence) => {
    expect(expectError(await attested(change), 'KMS.3804')).toMatch(sentence)
  })

  test.each([
    [-1000, /has passed/],
    [-86_400_000, /has passed/],
    [3_605_000, /more than an hour/],
  ])('that expires in %i ms is refused', async (offset, sentence) => {
    const expireTime = wireTime(offset)
    const attestation_document = calls.attest({ privateKey, keyId: key_id, capsule, expireTime })
    expect(expectError(await open(capsule, { attestation_document }), 'KMS.3804')).toMatch(sentence)
  })

  test('is for one capsule', async () => {
    const other = (await create()).datakey_capsule
    const attestation_document = calls.attest({ privateKey, keyId: key_id, capsule })
    expectError(await open(other, { attestation_document }), 'KMS.3804')
  })

  test('must be there', async () => {
    expectError(await open(capsule, { attestation_document: undefined }), 'KMS.0204')
    expectError(await open(capsule, { attestation_document: 'x' }), 'KMS.3804')
  })

  test('of another key that shows the public key of the access point is refused', async () => {
    const forger = await calls.privateKey(await calls.createPoint())
    const forged = calls.attest({ privateKey: forger, keyId: key_id, capsule })
    const shown = await attested((proof) => ({
      ...forged,
      custom_public_key: proof['custom_public_key'],
    }))
    expectError(shown, 'KMS.3804')
  })
})
