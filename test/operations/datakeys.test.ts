import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT, digested } from '../http/sample-body.js'
import { type TestApp, startApp } from '../http/start-app.js'

let app: TestApp
let small: TestApp
let key_id: string
beforeAll(async () => {
  app = await startApp({ hsm: { generated: 'padded' } })
  small = await startApp({ hsm: { maxSecretBytes: 64 } })
  key_id = await app.createCmk()
})
afterAll(async () => {
  await app.close()
  await small.close()
})

const HEX = /^(?:[0-9A-F]{2})+$/

async function open(cipher_text: unknown, length: number, extra: object = {}) {
  const body = { key_id, cipher_text, datakey_cipher_length: String(length), ...extra }
  return app.call('DecryptDatakey', body)
}

function sha256(hex: string): string {
  return createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex').toUpperCase()
}

describe('EncryptDatakey', () => {
  test('answers a frame of the published layout', async () => {
    const body = { key_id, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
    const { json } = await app.call('EncryptDatakey', body)
    const frame = Buffer.from(String(json['cipher_text']), 'hex')
    expect(json).toEqual({ key_id, cipher_text: expect.stringMatching(HEX), datakey_length: '64' })
    expect(frame).toHaveLength(188)
    expect(frame.subarray(0, 4).toString('hex')).toBe('02009800')
    expect(frame.subarray(116, 156).toString('latin1')).toBe(`${key_id}\0\0\0\0`)
    expect(frame.subarray(156)).toEqual(
      createHash('sha256').update(frame.subarray(0, 156)).digest(),
    )
  })

  test.each([1, 7, 8, 9, 16, 63, 64, 65, 1023, 1024])('round-trips %i bytes', async (length) => {
    const dek = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + length) % 256))
    for (const stated of [length, String(length)]) {
      const body = { key_id, plain_text: digested(dek), datakey_plain_length: stated }
      const { json } = await app.call('EncryptDatakey', body)
      const opened = await open(json['cipher_text'], length)
      const data_key = dek.toString('hex').toUpperCase()
      expect(opened.json).toEqual({
        data_key,
        datakey_length: String(length),
        datakey_dgst: sha256(data_key),
      })
    }
  })

  test('takes either case and white space anywhere', async () => {
    const spaced = ` ${PLAIN_TEXT.toUpperCase().replace(/.{3}/g, '$& \t\n')} `
    const body = { key_id, plain_text: spaced, datakey_plain_length: '64' }
    expect((await app.call('EncryptDatakey', body)).status).toBe(200)
  })

  const dek = PLAIN_TEXT.slice(0, 128)
  test.each([
    [{ plain_text: `${PLAIN_TEXT}0` }, 'KMS.2101'],
    [{ plain_text: PLAIN_TEXT.replace('5a', '5g') }, 'KMS.2101'],
    [{ plain_text: '' }, 'KMS.2101'],
    [{ plain_text: '   ' }, 'KMS.2101'],
    [{ plain_text: 'abc', datakey_plain_length: '0' }, 'KMS.2101'],
    [{ plain_text: dek }, 'KMS.2104'],
    [{ plain_text: `${PLAIN_TEXT}00` }, 'KMS.2104'],
    [{ plain_text: 'ab'.repeat(500_000) }, 'KMS.2104'],
    [{ plain_text: `${dek}${'00'.repeat(32)}` }, 'KMS.2103'],
    [{ datakey_plain_length: '0' }, 'KMS.2102'],
    [{ datakey_plain_length: '1025' }, 'KMS.2102'],
    [{ datakey_plain_length: '-64' }, 'KMS.2102'],
    [{ datakey_plain_length: '64.0' }, 'KMS.2102'],
    [{ datakey_plain_length: '0x40' }, 'KMS.2102'],
    [{ datakey_plain_length: '' }, 'KMS.2102'],
    [{ datakey_plain_length: 'sixty-four' }, 'KMS.2102'],
    [{ datakey_plain_length: 63 }, 'KMS.2104'],
    [{ datakey_plain_length: '65' }, 'KMS.2104'],
    [{ encryption_context: { a: 1 } }, 'KMS.0208'],
    [{ encryption_context: { a: null } }, 'KMS.0208'],
    [{ encryption_context: { a: { b: 'c' } } }, 'KMS.0208'],
    [{ encryption_context: { a: 'x'.repeat(8192) } }, 'KMS.0208'],
    [{ encryption_context: { '\ud800': 'x' } }, 'KMS.0208'],
    [{ additional_authenticated_data: 'é'.repeat(65) }, 'KMS.0308'],
    [{ additional_authenticated_data: '\udc00' }, 'KMS.0308'],
    [{ pin: '123456' }, 'KMS.0308'],
    [{ sequence: 'x'.repeat(37) }, 'KMS.0206'],
  ] as const)('refuses %.90j with %s', async (fields, code) => {
    const body = { key_id, plain_text: PLAIN_TEXT, datakey_plain_length: '64', ...fields }
    const reply = await app.call('EncryptDatakey', body)
    expect(expectError(reply, code)).not.toMatch(/5a5a|123456|xxx/)
  })

  test('judges the input before it looks for the key', async () => {
    const unknown = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'
    const body = { key_id: unknown, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
    const wrong = { ...body, plain_text: `${dek}${'00'.repeat(32)}` }
    expectError(await app.call('EncryptDatakey', wrong), 'KMS.2103')
    expectError(await app.call('EncryptDatakey', body), 'KMS.0207')
  })

  test('names the limit of a token that cannot wrap so much', async () => {
    const id = await small.createCmk()
    const body = {
      key_id: id,
      plain_text: digested(Buffer.alloc(65)),
      datakey_plain_length: '65',
    }
    const sentence = expectError(await small.call('EncryptDatakey', body), 'KMS.2102')
    expect(sentence).toContain('64 bytes')
    const long = { key_id: id, datakey_length: '520' }
    for (const name of ['CreateDatakey', 'CreateDatakeyWithoutPlaintext']) {
      expect(expectError(await small.call(name, long), 'KMS.1901')).toContain('512 bits')
    }
  })
})

describe.each(['CreateDatakey', 'CreateDatakeyWithoutPlaintext'])('%s', (name) => {
  test.each([
    [{}, 32],
    [{ key_spec: 'AES_128' }, 16],
    [{ key_spec: 'AES_256' }, 32],
    [{ key_spec: 'HMAC_256' }, 32],
    [{ key_spec: 'HMAC_384' }, 48],
    [{ key_spec: 'HMAC_512' }, 64],
    [{ key_spec: 'AES_128', datakey_length: '512' }, 64],
    [{ datakey_length: 8 }, 1],
    [{ datakey_length: '104' }, 13],
    [{ datakey_length: '8192' }, 1024],
  ])('generates for %j a key of %i bytes', async (fields, length) => {
    const context = { encryption_context: { b: '2', a: '1' } }
    const { json } = await app.call(name, { key_id, ...fields, ...context })
    const opened = await open(json['cipher_text'], length, {
      encryption_context: { a: '1', b: '2' },
    })
    expect(opened.json['data_key']).toMatch(HEX)
    expect(opened.json['datakey_length']).toBe(String(length))
    expect(json['key_id']).toBe(key_id)
    if (name === 'CreateDatakey') expect(json['plain_text']).toBe(opened.json['data_key'])
    else expect(Object.keys(json).sort()).toEqual(['cipher_text', 'key_id'])
  })

  test.each([
    [{ key_spec: 'SM4' }, 'KMS.1902'],
    [{ key_spec: 'HMAC_SM3' }, 'KMS.1902'],
    [{ key_spec: 'DES' }, 'KMS.1902'],
    [{ datakey_length: '0' }, 'KMS.1901'],
    [{ datakey_length: '8200' }, 'KMS.1901'],
    [{ datakey_length: 'many' }, 'KMS.1901'],
    [{ datakey_length: '12' }, 'KMS.1903'],
    [{ pin: '1' }, 'KMS.0308'],
  ] as const)('refuses %j with %s', async (fields, code) => {
    expectError(await app.call(name, { key_id, ...fields }), code)
  })
})

describe('CreateRandom', () => {
  test.each([8, '64', 512, '8192'])('draws %s bits', async (random_data_length) => {
    const { json } = await app.call('CreateRandom', { random_data_length })
    expect(json['random_data']).toMatch(HEX)
    expect(json['random_data']).toHaveLength(Number(random_data_length) / 4)
    const again = await app.call('CreateRandom', { random_data_length: 512 })
    expect(again.json['random_data']).not.toBe(json['random_data'])
  })

  test.each([
    ['0', 'KMS.1801'],
    ['8200', 'KMS.1801'],
    ['', 'KMS.1801'],
    ['9', 'KMS.1802'],
    [8191, 'KMS.1802'],
  ] as const)('refuses %j with %s', async (random_data_length, code) => {
    expectError(await app.call('CreateRandom', { random_data_length }), code)
  })
})
