import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type HsmCall, createMemoryHsm } from '../support/memory-hsm.js'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { lackOf, limits, testUnless } from '../support/lacks.js'

let app: TestApp
let one: string
let other: string
let rsa: string
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
  one = await app.createCmk()
  other = await app.createCmk()
  rsa = await app.createCmk({ key_spec: 'RSA_3072', key_usage: 'ENCRYPT_DECRYPT' })
})
afterAll(() => app.close())

const OAEP = 'RSAES_OAEP_SHA_256'
const DEK = PLAIN_TEXT.slice(0, 128).toUpperCase()

async function move(fields: object) {
  calls.length = 0
  return app.call('ReEncrypt', { destination_key_id: other, ...fields })
}

async function encrypted(fields: object = {}): Promise<unknown> {
  const body = { key_id: one, plain_text: 'hello', ...fields }
  return (await app.call('EncryptData', body)).json['cipher_text']
}

async function wrapped(fields: object = {}): Promise<unknown> {
  const body = { key_id: one, plain_text: PLAIN_TEXT, datakey_plain_length: '64', ...fields }
  return (await app.call('EncryptDatakey', body)).json['cipher_text']
}

describe('a text', () => {
  test('moves between symmetric keys in one call of the token', async () => {
    const cipher_text = await encrypted({ additional_authenticated_data: 'old' })
    const { json, status } = await move({
      cipher_text,
      source_additional_authenticated_data: 'old',
      destination_additional_authenticated_data: 'new',
    })
    expect([status, calls]).toEqual([200, ['resealData']])
    expect(json).toEqual({
      key_id: other,
      source_key_id: one,
      source_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      destination_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      cipher_text: expect.any(String),
    })
    const body = { cipher_text: json['cipher_text'], additional_authenticated_data: 'new' }
    const opened = await app.call('DecryptData', body)
    expect(opened.json).toMatchObject({ key_id: other, plain_text: 'hello' })
  })

  test.each([OAEP, 'RSAES_OAEP_SHA_1'])('moves to %s and back', async (algorithm) => {
    const there = await move({
      cipher_text: await encrypted(),
      destination_key_id: rsa,
      destination_encryption_algorithm: algorithm,
    })
    expect(there.json).toMatchObject({ key_id: rsa, destination_encryption_algorithm: algorithm })
    const back = await move({
      cipher_text: there.json['cipher_text'],
      source_key_id: rsa,
      source_encryption_algorithm: algorithm,
    })
    const opened = await app.call('DecryptData', { cipher_text: back.json['cipher_text'] })
    expect(opened.json['plain_text']).toBe('hello')
  })
})

describe('a data key', () => {
  test('moves between symmetric keys and never leaves the token', async () => {
    const fields = { additional_authenticated_data: 'old' }
    const { json, status } = await move({
      cipher_text: await wrapped(fields),
      datakey_cipher_length: '64',
      source_key_id: one,
      source_additional_authenticated_data: 'old',
    })
    expect([status, calls]).toEqual([200, ['rewrap']])
    const body = { key_id: other, cipher_text: json['cipher_text'], datakey_cipher_length: 64 }
    expect((await app.call('DecryptDatakey', body)).json['data_key']).toBe(DEK)
    expect(json['cipher_text']).toMatch(/^[0-9A-F]+$/)
  })

  test('moves to an RSA key and back', async () => {
    const there = await move({
      cipher_text: await wrapped(),
      datakey_cipher_length: 64,
      destination_key_id: rsa,
      destination_encryption_algorithm: OAEP,
    })
    const body = { cipher_text: there.json['cipher_text'], datakey_cipher_length: '64' }
    const opened = await app.call('DecryptDatakey', { key_id: rsa, ...body })
    expect(opened.json['data_key']).toBe(DEK)
    const back = await move({ ...body, source_key_id: rsa, source_encryption_algorithm: OAEP })
    const again = { ...body, key_id: other, cipher_text: back.json['cipher_text'] }
    expect((await app.call('DecryptDatakey', again)).json['data_key']).toBe(DEK)
  })

  test('the private key of a pair moves as well', async () => {
    const made = await app.call('CreateEcDatakeyPair', { key_id: one, key_spec: 'ECC_NIST_P256' })
    const clear = String(made.json['private_key_plain_text'])
    const length = { datakey_cipher_length: String(clear.length / 2) }
    const moved = await move({ cipher_text: made.json['private_key_cipher_text'], ...length })
    expect(calls).toEqual(['rewrap'])
    const body = { key_id: other, cipher_text: moved.json['cipher_text'], ...length }
    expect((await app.call('DecryptDatakey', body)).json['data_key']).toBe(clear)
  })

  test.each([
    [{ datakey_cipher_length: '63' }, 'KMS.2204'],
    [{ datakey_cipher_length: '65' }, 'KMS.2204'],
    [{ datakey_cipher_length: '1025' }, 'KMS.2202'],
    [{ datakey_cipher_length: '0' }, 'KMS.2202'],
    [{ source_additional_authenticated_data: 'x' }, 'KMS.2201'],
    [{ cipher_text: 'AgDo' }, 'KMS.2201'],
    [{ cipher_text: 'AB'.repeat(200) }, 'KMS.2201'],
  ] as const)('%j is refused with %s', async (fields, code) => {
    const body = { cipher_text: await wrapped(), datakey_cipher_length: '64', ...fields }
    expectError(await move(body), code)
  })
})

test('a context that was used must be given, and none that was not', async () => {
  const bound = await encrypted({ additional_authenticated_data: 'old' })
  expectError(await move({ cipher_text: bound }), 'KMS.2201')
  const free = await encrypted()
  const source_additional_authenticated_data = 'old'
  expectError(await move({ cipher_text: free, source_additional_authenticated_data }), 'KMS.2201')
})

test.each([
  [{ source_encryption_algorithm: OAEP }, 'KMS.0204'],
  [{ destination_encryption_algorithm: OAEP }, 'KMS.2105'],
  [{ destination_encryption_algorithm: 'SM2_ENCRYPT' }, 'KMS.2105'],
  [{ cipher_text: '*' }, 'KMS.2201'],
  [{ cipher_text: 'AAAA' }, 'KMS.2201'],
  [{ destination_key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f' }, 'KMS.0207'],
  [{ source_key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f' }, 'KMS.0207'],
] as const)('refuses %j with %s', async (fields, code) => {
  expectError(await move({ cipher_text: await encrypted(), ...fields }), code)
})

test('refuses contexts and symmetric algorithms for RSA keys', async () => {
  const body = { cipher_text: await encrypted(), destination_key_id: rsa }
  expectError(await move(body), 'KMS.2106')
  const bound = { ...body, destination_encryption_algorithm: OAEP }
  expectError(await move({ ...bound, destination_additional_authenticated_data: 'x' }), 'KMS.0308')
})

test('neither key may be disabled, of another kind or of another project', async () => {
  const id = await app.createCmk()
  const mine = await encrypted({ key_id: id })
  await app.call('DisableKey', { key_id: id })
  expectError(await move({ cipher_text: mine }), 'KMS.0209')
  expectError(await move({ cipher_text: await encrypted(), destination_key_id: id }), 'KMS.0209')
  const curve = await app.createCmk({ key_spec: 'EC_P256' })
  expectError(await move({ cipher_text: await encrypted(), destination_key_id: curve }), 'KMS.1114')
  const body = { cipher_text: await encrypted(), destination_key_id: other }
  expectError(await app.call('ReEncrypt', body, { project: OTHER_PROJECT }), 'KMS.0207')
})

describe('between two keystores', () => {
  let apart: TestApp
  let here: string
  let there: string
  beforeAll(async () => {
    const cluster = { domainId: undefined, open: () => Promise.resolve(createMemoryHsm()) }
    apart = await startApp({ clusters: new Map([['second', cluster]]) })
    const made = await apart.call('CreateKeyStore', {
      keystore_alias: 'second',
      hsm_cluster_id: 'second',
    })
    const { keystore_id } = made.json['keystore'] as { keystore_id: string }
    await apart.call('EnableKeyStore', { keystore_id })
    here = await apart.createCmk()
    there = await apart.createCmk({ keystore_id })
  })
  afterAll(() => apart.close())

  test('texts and data keys move, there and back', async () => {
    const aad = { additional_authenticated_data: 'mine' }
    const source = { source_additional_authenticated_data: 'mine' }
    for (const [from, to] of [
      [here, there],
      [there, here],
    ]) {
      const destination_key_id = to
      const sealed = await apart.call('EncryptData', { key_id: from, plain_text: 'hello', ...aad })
      const { cipher_text } = sealed.json
      const body = { cipher_text, destination_key_id, ...source }
      const moved = await apart.call('ReEncrypt', body)
      const opened = await apart.call('DecryptData', { cipher_text: moved.json['cipher_text'] })
      expect(opened.json).toMatchObject({ key_id: to, plain_text: 'hello' })

      const length = { datakey_cipher_length: '13' }
      const wish = { key_id: from, datakey_length: '104', ...aad }
      const dek = await apart.call('CreateDatakey', wish)
      const asKey = { cipher_text: dek.json['cipher_text'], destination_key_id, ...length }
      expectError(await apart.call('ReEncrypt', asKey), 'KMS.2201')
      const movedKey = await apart.call('ReEncrypt', { ...asKey, ...source })
      const frame = { key_id: to, cipher_text: movedKey.json['cipher_text'], ...length }
      const open = await apart.call('DecryptDatakey', frame)
      expect(open.json['data_key']).toBe(dek.json['plain_text'])
    }
  })

  testUnless(
    lackOf('wrapped pairs', limits.maxPairBytes > 0),
    'the private key of a pair moves where the other token wraps so much',
    async () => {
      for (const [name, key_spec, code] of [
        ['CreateEcDatakeyPair', 'ECC_NIST_P384', undefined],
        ['CreateRsaDatakeyPair', 'RSA_2048', 'KMS.2202'],
      ] as const) {
        const made = await apart.call(name, { key_id: here, key_spec })
        const clear = String(made.json['private_key_plain_text'])
        const length = { datakey_cipher_length: clear.length / 2 }
        const moved = await apart.call('ReEncrypt', {
          cipher_text: made.json['private_key_cipher_text'],
          destination_key_id: there,
          ...length,
        })
        if (code) {
          expect(expectError(moved, code)).toContain('keystore')
          continue
        }
        const { cipher_text } = moved.json
        expect(Buffer.from(String(cipher_text), 'hex').readUInt8(4)).toBe(3)
        const opened = await apart.call('DecryptDatakey', { key_id: there, cipher_text, ...length })
        expect(opened.json['data_key']).toBe(clear)
      }
    },
  )
})
