import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import type { HsmCall } from '../support/memory-hsm.js'

let app: TestApp
let key_id: string
const calls: HsmCall[] = []
beforeAll(async () => {
  app = await startApp({
    hsm: {
      beforeCall(call) {
        calls.push(call)
        return undefined
      },
    },
  })
  key_id = await app.createCmk()
})
afterAll(() => app.close())

const CASES = [
  ['CreateRsaDatakeyPair', 'RSA_2048'],
  ['CreateRsaDatakeyPair', 'RSA_3072'],
  ['CreateRsaDatakeyPair', 'RSA_4096'],
  ['CreateEcDatakeyPair', 'ECC_NIST_P256'],
  ['CreateEcDatakeyPair', 'ECC_NIST_P384'],
  ['CreateEcDatakeyPair', 'ECC_NIST_P521'],
  ['CreateEcDatakeyPair', 'ECC_SECG_P256K1'],
] as const

const HEX = /^(?:[0-9A-F]{2})+$/

function publicHalf(pkcs8: unknown): string {
  const key = Buffer.from(String(pkcs8), 'hex')
  const half = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
  return half.export({ format: 'der', type: 'spki' }).toString('hex').toUpperCase()
}

function open(json: Readonly<Record<string, unknown>>, fields: object = {}) {
  return app.call('DecryptDatakey', {
    key_id,
    cipher_text: json['private_key_cipher_text'],
    ...fields,
  })
}

describe.each(CASES)('%s %s', (name, key_spec) => {
  test('the private key fits the public one, in clear and when it is opened', async () => {
    const aad = { additional_authenticated_data: 'mine' }
    const { json, status } = await app.call(name, { key_id, key_spec, ...aad })
    expect(status).toBe(200)
    const clear = String(json['private_key_plain_text'])
    expect(json).toMatchObject({ key_id, key_spec, public_key: publicHalf(clear) })
    expect([clear, json['private_key_cipher_text']]).toEqual([
      expect.stringMatching(HEX),
      expect.stringMatching(HEX),
    ])
    const datakey_cipher_length = String(clear.length / 2)
    const opened = await open(json, { datakey_cipher_length, ...aad })
    expect(opened.json).toMatchObject({ data_key: clear, datakey_length: datakey_cipher_length })
    expectError(await open(json, { datakey_cipher_length }), 'KMS.2201')
  })

  test('without plaintext the token is never asked to open it', async () => {
    calls.length = 0
    const { json } = await app.call(name, { key_id, key_spec, with_plain_text: false })
    expect(calls).toEqual(['generateWrappedPair', 'mac'])
    expect(Object.keys(json).sort()).toEqual([
      'key_id',
      'key_spec',
      'private_key_cipher_text',
      'public_key',
    ])
    // The frame states the length rounded up; of the seven lengths that may be meant, one opens it.
    const frame = Buffer.from(String(json['private_key_cipher_text']), 'hex')
    const stated = frame.readUInt16LE(6)
    const answers = []
    for (let length = stated; length > stated - 9; length -= 1) {
      answers.push(await open(json, { datakey_cipher_length: length }))
    }
    const good = answers.filter(({ status }) => status === 200)
    expect(good).toHaveLength(1)
    expect(publicHalf(good[0]?.json['data_key'])).toBe(json['public_key'])
    for (const reply of answers) if (reply.status !== 200) expectError(reply, 'KMS.2204')
  })
})

test('no byte of a pair frame can be changed', async () => {
  const body = { key_id, key_spec: 'ECC_NIST_P256' }
  const { json } = await app.call('CreateEcDatakeyPair', body)
  const datakey_cipher_length = String(json['private_key_plain_text']).length / 2
  const hex = String(json['private_key_cipher_text'])
  for (let at = 0; at < hex.length; at += 2) {
    const byte = Number.parseInt(hex.slice(at, at + 2), 16) ^ (1 << (at % 8))
    const cipher_text = hex.slice(0, at) + byte.toString(16).padStart(2, '0') + hex.slice(at + 2)
    expectError(await open(json, { cipher_text, datakey_cipher_length }), 'KMS.2201')
  }
})

/** The frame with another algorithm, and a checksum that fits it. */
function relabel(hex: unknown, algorithm: number): Buffer {
  const bytes = Buffer.from(String(hex), 'hex')
  bytes.writeUInt8(algorithm, 4)
  bytes.set(createHash('sha256').update(bytes.subarray(0, -32)).digest(), bytes.length - 32)
  return bytes
}

test('a pair frame that says it is a data key does not open, nor the other way round', async () => {
  const pair = await app.call('CreateEcDatakeyPair', { key_id, key_spec: 'ECC_NIST_P256' })
  const asKey = relabel(pair.json['private_key_cipher_text'], 1)
  const stated = { datakey_cipher_length: asKey.readUInt16LE(6) }
  expectError(await open({}, { cipher_text: asKey.toString('hex'), ...stated }), 'KMS.2201')
  const dek = await app.call('CreateDatakey', { key_id })
  const asPair = relabel(dek.json['cipher_text'], 3).toString('hex')
  expectError(await open({}, { cipher_text: asPair, datakey_cipher_length: 32 }), 'KMS.2201')
})

test.each([
  ['CreateEcDatakeyPair', { key_spec: 'SM2' }, 'KMS.1902'],
  ['CreateEcDatakeyPair', { key_spec: 'RSA_2048' }, 'KMS.1902'],
  ['CreateRsaDatakeyPair', { key_spec: 'RSA_1024' }, 'KMS.1902'],
  ['CreateRsaDatakeyPair', { with_plain_text: 'true' }, 'KMS.0308'],
  ['CreateRsaDatakeyPair', { additional_authenticated_data: 'é'.repeat(65) }, 'KMS.0308'],
] as const)('%s refuses %j with %s', async (name, fields, code) => {
  const key_spec = name === 'CreateRsaDatakeyPair' ? 'RSA_2048' : 'ECC_NIST_P256'
  expectError(await app.call(name, { key_id, key_spec, ...fields }), code)
})

test.each([
  [{ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' }, 'KMS.0325'],
  [{ key_spec: 'RSA_2048' }, 'KMS.0335'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341'],
] as const)('a key of %j wraps no pairs', async (fields, code) => {
  const body = { key_id: await app.createCmk(fields), key_spec: 'ECC_NIST_P256' }
  expectError(await app.call('CreateEcDatakeyPair', body), code)
})

test('the key of another project wraps nothing, nor does a disabled one', async () => {
  const body = { key_id: await app.createCmk(), key_spec: 'ECC_NIST_P256' }
  const project = { project: OTHER_PROJECT }
  expectError(await app.call('CreateEcDatakeyPair', body, project), 'KMS.0207')
  await app.call('DisableKey', { key_id: body.key_id })
  expectError(await app.call('CreateEcDatakeyPair', body), 'KMS.0209')
})

test('a token that wraps no long private keys says so before it is asked', async () => {
  const small = await startApp({ hsm: { limits: { maxPairBytes: 1024 } } })
  const id = await small.createCmk()
  const rsa = { key_id: id, key_spec: 'RSA_2048' }
  expect(expectError(await small.call('CreateRsaDatakeyPair', rsa), 'KMS.1902')).toContain('token')
  const ec = { key_id: id, key_spec: 'ECC_NIST_P521' }
  expect((await small.call('CreateEcDatakeyPair', ec)).status).toBe(200)
  await small.close()
})
