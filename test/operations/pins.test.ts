import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { lackOf, limits, testUnless } from '../support/lacks.js'

let app: TestApp
let key_id: string
beforeAll(async () => {
  app = await startApp()
  key_id = await app.createCmk()
})
afterAll(() => app.close())

const CLEAR = { pin: 'correct-horse', pin_type: 'PlainText' }

async function sealed(fields: object = {}): Promise<string> {
  return String((await app.call('CreatePin', fields)).json['pin'])
}

function open(cipher_text: unknown, fields: object = {}) {
  const body = { key_id, cipher_text, datakey_cipher_length: '32', ...fields }
  return app.call('DecryptDatakey', body)
}

test('draws PINs of characters that nobody takes for one another', async () => {
  const drawn = new Set<string>()
  for (let round = 0; round < 20; round++) {
    const { json } = await app.call('CreatePin', { pin_type: 'PlainText' })
    expect(json['pin']).toMatch(/^[2-9A-HJ-NP-Z]{16}$/)
    drawn.add(String(json['pin']))
  }
  expect(drawn.size).toBe(20)
})

test.each(['CreateDatakey', 'CreateDatakeyWithoutPlaintext'])(
  '%s binds the data key to a PIN, in clear or sealed',
  async (name) => {
    for (const fields of [CLEAR, { pin: await sealed() }]) {
      const context = { encryption_context: { a: 'b' } }
      const { json } = await app.call(name, { key_id, ...fields, ...context })
      const { cipher_text } = json
      expect((await open(cipher_text, { ...fields, ...context })).status).toBe(200)
      const sentences = [
        expectError(await open(cipher_text, context), 'KMS.2201'),
        expectError(await open(cipher_text, fields), 'KMS.2201'),
        expectError(await open(cipher_text, { ...context, pin: await sealed() }), 'KMS.2201'),
        expectError(await open(cipher_text, { ...context, ...CLEAR, pin: 'guessed' }), 'KMS.2201'),
      ]
      // Nobody learns whether it was the PIN or the context.
      expect(new Set(sentences).size).toBe(1)
    }
  },
)

test('binds a data key that the caller brings', async () => {
  const body = { key_id, plain_text: PLAIN_TEXT, datakey_plain_length: '64', ...CLEAR }
  const { cipher_text } = (await app.call('EncryptDatakey', body)).json
  const length = { datakey_cipher_length: 64 }
  expectError(await open(cipher_text, length), 'KMS.2201')
  expect((await open(cipher_text, { ...length, ...CLEAR })).status).toBe(200)
})

testUnless(
  lackOf('wrapped pairs', limits.maxPairBytes > 0),
  'binds the private key of a pair',
  async () => {
    const wish = { key_id, key_spec: 'ECC_NIST_P256', ...CLEAR }
    const pair = (await app.call('CreateEcDatakeyPair', wish)).json
    const bytes = { datakey_cipher_length: String(pair['private_key_plain_text']).length / 2 }
    expectError(await open(pair['private_key_cipher_text'], bytes), 'KMS.2201')
    const opened = await open(pair['private_key_cipher_text'], { ...bytes, ...CLEAR })
    expect(opened.json['data_key']).toBe(pair['private_key_plain_text'])
  },
)

test('a frame without a PIN does not open with one', async () => {
  const { cipher_text } = (await app.call('CreateDatakey', { key_id })).json
  expectError(await open(cipher_text, CLEAR), 'KMS.2201')
  expect((await open(cipher_text, { pin_type: 'PlainText' })).status).toBe(200)
})

test('a sealed PIN opens in its own project alone, and only unchanged', async () => {
  const pin = await sealed()
  const other = { key_id: '', pin }
  const alias = { key_alias: 'of-the-other-project' }
  const made = await app.call('CreateKey', alias, { project: OTHER_PROJECT })
  other.key_id = (made.json['key_info'] as { key_id: string }).key_id
  expectError(await app.call('CreateDatakey', other, { project: OTHER_PROJECT }), 'KMS.0308')
  const bytes = Buffer.from(pin, 'base64')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    const body = { key_id, pin: changed.toString('base64') }
    expectError(await app.call('CreateDatakey', body), 'KMS.0308')
  }
})

test.each([
  { pin: '' },
  { pin: 'not-sealed' },
  { pin: 'AAAA' },
  { pin: '12345', pin_type: 'PlainText' },
  { pin: 'x'.repeat(65), pin_type: 'PlainText' },
  { pin: 'two words', pin_type: 'PlainText' },
  { pin: 'grüße-alle', pin_type: 'PlainText' },
  { pin: 'correct-horse', pin_type: 'Sealed' },
])('refuses %.60j, and says nothing of it', async (fields) => {
  const sentence = expectError(await app.call('CreateDatakey', { key_id, ...fields }), 'KMS.0308')
  if (fields.pin !== '') expect(sentence).not.toContain(fields.pin)
})

test.each([
  [{ keystore_id: '1' }, 200],
  [{ keystore_id: '2' }, 200],
  [{ keystore_id: '3' }, 400],
  [{ keystore_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f' }, 400],
] as const)('CreatePin with %j answers %i', async (fields, status) => {
  const reply = await app.call('CreatePin', fields)
  if (status === 200) expect(reply.status).toBe(200)
  else expectError(reply, 'KMS.0340')
})

test('no PIN stands in the log', async () => {
  await app.call('CreateDatakey', { key_id, ...CLEAR })
  await app.call('CreateDatakey', { key_id, pin: CLEAR.pin })
  expect(JSON.stringify(app.events())).not.toContain(CLEAR.pin)
})
