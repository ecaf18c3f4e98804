import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { digested } from '../http/sample-body.js'
import { type TestApp, startApp } from '../http/start-app.js'

let app: TestApp
let key_id: string
let big: string
beforeAll(async () => {
  app = await startApp()
  key_id = await app.createCmk({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
  big = await app.createCmk({ key_spec: 'RSA_4096', key_usage: 'ENCRYPT_DECRYPT' })
})
afterAll(() => app.close())

const BOUND = [
  { encryption_context: { a: 'b' } },
  { additional_authenticated_data: 'x' },
  { pin: '123456', pin_type: 'PlainText' },
] as const

function open(cipher_text: unknown, length: number, fields: object = {}) {
  const body = { key_id, cipher_text, datakey_cipher_length: String(length), ...fields }
  return app.call('DecryptDatakey', body)
}

test.each([1, 64, 190])('wraps and opens a data key of %i bytes', async (length) => {
  const dek = Buffer.alloc(length, 0xd6)
  const body = { key_id, plain_text: digested(dek), datakey_plain_length: length }
  const { json } = await app.call('EncryptDatakey', body)
  expect(json['cipher_text']).toMatch(/^[0-9A-F]{512}$/)
  const opened = await open(json['cipher_text'], length)
  expect(opened.json['data_key']).toBe(dek.toString('hex').toUpperCase())
  expectError(await open(json['cipher_text'], length + 1), 'KMS.2204')
})

test('generates a data key', async () => {
  const { json } = await app.call('CreateDatakey', { key_id, datakey_length: '1520' })
  const opened = await open(json['cipher_text'], 190)
  expect(opened.json['data_key']).toBe(json['plain_text'])
})

test('more than 1520 bits are refused, whatever the size of the key', async () => {
  for (const id of [key_id, big]) {
    const wish = { key_id: id, datakey_length: '1528' }
    expectError(await app.call('CreateDatakey', wish), 'KMS.1904')
    const dek = Buffer.alloc(191)
    const body = { key_id: id, plain_text: digested(dek), datakey_plain_length: 191 }
    expectError(await app.call('EncryptDatakey', body), 'KMS.1904')
  }
})

test('a data key that nobody sees cannot be made under RSA', async () => {
  const sentence = expectError(
    await app.call('CreateDatakeyWithoutPlaintext', { key_id }),
    'KMS.0325',
  )
  expect(sentence).toContain('create-datakey')
})

describe('nothing can be bound', () => {
  test.each(BOUND)('%j', async (fields) => {
    expectError(await app.call('CreateDatakey', { key_id, ...fields }), 'KMS.0308')
    const body = { key_id, plain_text: digested(Buffer.alloc(16)), datakey_plain_length: 16 }
    expectError(await app.call('EncryptDatakey', { ...body, ...fields }), 'KMS.0308')
    expectError(await open('AB'.repeat(256), 16, fields), 'KMS.0308')
  })
})

test('ciphertext that does not decrypt is KMS.0311, and a wrong digest KMS.2103', async () => {
  for (const cipher_text of ['00'.repeat(256), 'FF'.repeat(256), 'AB', 'AB'.repeat(300)]) {
    expectError(await open(cipher_text, 32), 'KMS.0311')
  }
  const other = await app.call('CreateDatakey', { key_id: big })
  expectError(await open(other.json['cipher_text'], 32), 'KMS.0311')
  const plain_text = '00'.repeat(48)
  const body = { key_id, plain_text, datakey_plain_length: 16 }
  expectError(await app.call('EncryptDatakey', body), 'KMS.2103')
})

test.each([
  [{ key_spec: 'RSA_2048' }, 'KMS.0335'],
  [{ key_spec: 'EC_P256' }, 'KMS.0335'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341'],
] as const)('a key of %j wraps no data keys', async (fields, code) => {
  const id = await app.createCmk(fields)
  expectError(await app.call('CreateDatakey', { key_id: id }), code)
  expectError(await open('AB'.repeat(256), 32, { key_id: id }), code)
})
