import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { digested } from '../http/sample-body.js'
import { type TestApp, startApp } from '../http/start-app.js'

const LENGTH = 5
const CONTEXT = { encryption_context: { who: 'me' }, additional_authenticated_data: 'too' }

let app: TestApp
let key_id: string
let frame: Buffer
beforeAll(async () => {
  app = await startApp()
  key_id = await app.createCmk()
  frame = await wrap(key_id)
})
afterAll(() => app.close())

async function wrap(id: string): Promise<Buffer> {
  const plain_text = digested(Buffer.from('clear'))
  const body = { key_id: id, plain_text, datakey_plain_length: LENGTH, ...CONTEXT }
  return Buffer.from(String((await app.call('EncryptDatakey', body)).json['cipher_text']), 'hex')
}

function open(bytes: Uint8Array, fields: object = {}) {
  return app.call('DecryptDatakey', {
    key_id,
    cipher_text: Buffer.from(bytes).toString('hex'),
    datakey_cipher_length: LENGTH,
    ...CONTEXT,
    ...fields,
  })
}

/** The same bytes with a checksum that fits them: anybody can compute it. */
function resealed(bytes: Uint8Array): Buffer {
  const checked = Buffer.from(bytes.subarray(0, bytes.length - 32))
  return Buffer.concat([checked, createHash('sha256').update(checked).digest()])
}

test('opens its own frame, in either case of letters', async () => {
  const upper = frame.toString('hex').toUpperCase()
  for (const cipher_text of [upper, upper.toLowerCase()]) {
    const reply = await open(frame, { cipher_text })
    expect(reply.json['data_key']).toBe(Buffer.from('clear').toString('hex').toUpperCase())
  }
})

test('refuses a frame that is truncated at any length', async () => {
  for (let length = 0; length < frame.length; length += 1) {
    expectError(await open(frame.subarray(0, length)), 'KMS.2201')
  }
  expectError(await open(Buffer.concat([frame, Buffer.of(0)])), 'KMS.2201')
})

test('refuses a frame with any byte changed, with its checksum and without', async () => {
  for (let at = 0; at < frame.length; at += 1) {
    const changed = Buffer.from(frame)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    expectError(await open(changed), 'KMS.2201')
    if (at >= frame.length - 32) continue
    const reply = await open(resealed(changed))
    // The stated length of the DEK is compared with the request before the tag is looked at.
    expectError(reply, reply.json['error_code'] === 'KMS.2204' ? 'KMS.2204' : 'KMS.2201')
  }
})

test('refuses a frame under another key of the project', async () => {
  const other = await app.createCmk()
  expectError(await open(frame, { key_id: other }), 'KMS.2201')
  const moved = Buffer.from(frame)
  moved.write(other, frame.length - 72, 'latin1')
  expectError(await open(resealed(moved), { key_id: other }), 'KMS.2201')
})

test.each([
  { encryption_context: { who: 'you' } },
  { encryption_context: undefined },
  { encryption_context: {} },
  { encryption_context: { who: 'me', also: 'this' } },
  { additional_authenticated_data: undefined },
  { additional_authenticated_data: 'TOO' },
])('refuses the context %j', async (context) => {
  expectError(await open(frame, context), 'KMS.2201')
})

test('refuses a version that the key does not have, without asking the token', async () => {
  for (const version of [0, 2, 0xffff_ffff]) {
    const forged = Buffer.from(frame)
    forged.writeUInt32LE(version, 8)
    expect(expectError(await open(resealed(forged)), 'KMS.2201')).toContain('version')
  }
})

test.each([
  [{ datakey_cipher_length: '0' }, 'KMS.2202'],
  [{ datakey_cipher_length: '1025' }, 'KMS.2202'],
  [{ datakey_cipher_length: 'five' }, 'KMS.2202'],
  [{ datakey_cipher_length: '6' }, 'KMS.2204'],
  [{ datakey_cipher_length: 4 }, 'KMS.2204'],
  [{ cipher_text: '' }, 'KMS.2201'],
  [{ cipher_text: 'abc' }, 'KMS.2201'],
  [{ cipher_text: 'zz' }, 'KMS.2201'],
  [{ cipher_text: '00'.repeat(5000) }, 'KMS.2201'],
  [{ encryption_context: ['x'] }, 'KMS.0208'],
] as const)('refuses %.80j with %s', async (fields, code) => {
  expectError(await open(frame, fields), code)
})
