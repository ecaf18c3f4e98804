import { createHash, createPublicKey, constants, publicEncrypt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { lackOfSpec, testUnless } from '../support/lacks.js'

let app: TestApp
let key_id: string
let rsa: string
beforeAll(async () => {
  app = await startApp()
  key_id = await app.createCmk()
  rsa = await app.createCmk({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
})
afterAll(() => app.close())

const OAEP = { encryption_algorithm: 'RSAES_OAEP_SHA_256' }

async function encrypt(plain_text: string, fields: object = {}): Promise<string> {
  const { json } = await app.call('EncryptData', { key_id, plain_text, ...fields })
  return String(json['cipher_text'])
}

function decrypt(cipher_text: unknown, fields: object = {}) {
  return app.call('DecryptData', { cipher_text, ...fields })
}

/** The same bytes with a checksum that fits them: anybody can compute it. */
function resealed(bytes: Uint8Array): string {
  const checked = Buffer.from(bytes.subarray(0, bytes.length - 32))
  const checksum = createHash('sha256').update(checked).digest()
  return Buffer.concat([checked, checksum]).toString('base64')
}

describe('under a symmetric key', () => {
  test.each([
    ['a letter', 'x'],
    ['line breaks and a zero', 'a\nb\r\n\u0000c'],
    ['other scripts', 'Grüße, 世界 \u{1f600}'],
    ['4096 letters', 'x'.repeat(4096)],
    ['4096 bytes', 'é'.repeat(2048)],
  ])('%s come back', async (_, text) => {
    const context = { encryption_context: { a: 'b' }, additional_authenticated_data: 'too' }
    const cipher_text = await encrypt(text, context)
    const { json } = await decrypt(cipher_text, context)
    const plain_text_base64 = Buffer.from(text).toString('base64')
    expect(json).toEqual({ key_id, plain_text: text, plain_text_base64 })
  })

  test('the frame has the documented layout', async () => {
    const frame = Buffer.from(await encrypt('x'.repeat(11)), 'base64')
    expect(frame).toHaveLength(152 + 11)
    expect(frame.subarray(0, 12).toString('hex')).toBe('02007f000200000001000000')
    expect(frame.subarray(80 + 11, 120 + 11).toString('latin1')).toBe(`${key_id}\0\0\0\0`)
    expect(frame.subarray(-32)).toEqual(
      createHash('sha256').update(frame.subarray(0, -32)).digest(),
    )
    expect(await encrypt('x'.repeat(4096))).toHaveLength(5664)
  })

  test('no two ciphertexts are alike', async () => {
    expect(await encrypt('same')).not.toBe(await encrypt('same'))
  })

  test('a key id that is given must be the one of the frame', async () => {
    const cipher_text = await encrypt('x')
    expect((await decrypt(cipher_text, { key_id })).status).toBe(200)
    expectError(await decrypt(cipher_text, { key_id: await app.createCmk() }), 'KMS.2201')
  })

  test('no byte of a frame can be changed, with its checksum and without', async () => {
    const frame = Buffer.from(await encrypt('attack at dawn'), 'base64')
    for (let at = 0; at < frame.length; at += 1) {
      const changed = Buffer.from(frame)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      expectError(await decrypt(changed.toString('base64')), 'KMS.2201')
      if (at >= frame.length - 32) continue
      const reply = await decrypt(resealed(changed))
      // A frame that names a key which there is not is answered as such a key.
      expectError(reply, reply.status === 404 ? 'KMS.0207' : 'KMS.2201')
      expectError(await decrypt(resealed(changed), { key_id }), 'KMS.2201')
    }
  })

  test('a frame that is moved to another key does not open', async () => {
    const frame = Buffer.from(await encrypt('attack at dawn'), 'base64')
    frame.write(await app.createCmk(), frame.length - 72, 'latin1')
    expectError(await decrypt(resealed(frame)), 'KMS.2201')
  })

  test.each([{}, { additional_authenticated_data: 'other' }, { encryption_context: { a: 'b' } }])(
    'does not decrypt in the context %j',
    async (context) => {
      const cipher_text = await encrypt('x', { additional_authenticated_data: 'mine' })
      expectError(await decrypt(cipher_text, context), 'KMS.2201')
    },
  )

  test('a frame of a data key is no text, nor the other way round', async () => {
    const dek = await app.call('CreateDatakey', { key_id })
    const asText = Buffer.from(String(dek.json['cipher_text']), 'hex').toString('base64')
    expectError(await decrypt(asText), 'KMS.2201')
    const asKey = Buffer.from(await encrypt('x'.repeat(32)), 'base64').toString('hex')
    const body = { key_id, cipher_text: asKey, datakey_cipher_length: '32' }
    expectError(await app.call('DecryptDatakey', body), 'KMS.2201')
  })

  test('another project finds neither the key nor what it encrypted', async () => {
    const other = { project: OTHER_PROJECT }
    expectError(await app.call('EncryptData', { key_id, plain_text: 'x' }, other), 'KMS.0207')
    const cipher_text = await encrypt('x')
    expectError(await app.call('DecryptData', { cipher_text }, other), 'KMS.0207')
  })

  test.each([
    ['DisableKey', {}, 'KMS.0209'],
    ['DeleteKey', { pending_days: '7' }, 'KMS.0210'],
  ] as const)('refuses after %s', async (name, fields, code) => {
    const id = await app.createCmk()
    const cipher_text = await encrypt('x', { key_id: id })
    await app.call(name, { key_id: id, ...fields })
    expectError(await app.call('EncryptData', { key_id: id, plain_text: 'x' }), code)
    expectError(await decrypt(cipher_text), code)
  })
})

test.each([
  [{ plain_text: '' }, 'KMS.2101'],
  [{ plain_text: 'x'.repeat(4097) }, 'KMS.2101'],
  [{ plain_text: 'é'.repeat(2049) }, 'KMS.2101'],
  [{ plain_text: 'a\ud800b' }, 'KMS.2101'],
  [{ additional_authenticated_data: 'x'.repeat(129) }, 'KMS.0308'],
  [{ encryption_context: { a: { b: 'c' } } }, 'KMS.0208'],
  [{ encryption_algorithm: 'ROT13' }, 'KMS.0308'],
  [{ encryption_algorithm: 'RSAES_OAEP_SHA_256' }, 'KMS.2105'],
  [{ encryption_algorithm: 'SM2_ENCRYPT' }, 'KMS.2105'],
  [{ sequence: 'short' }, 'KMS.0206'],
] as const)('refuses to encrypt %.60j with %s', async (fields, code) => {
  const reply = await app.call('EncryptData', { key_id, plain_text: 'secret', ...fields })
  expect(expectError(reply, code)).not.toContain('secret')
})

test.each([
  [{ cipher_text: 'AAAA' }, 'KMS.2201'],
  [{ cipher_text: 'A'.repeat(127) }, 'KMS.2201'],
  [{ cipher_text: 'A'.repeat(129) }, 'KMS.2201'],
  [{ cipher_text: 'A'.repeat(400) }, 'KMS.2201'],
  [{ cipher_text: `${'A'.repeat(128)}!` }, 'KMS.2201'],
  [{ cipher_text: 'A'.repeat(5665) }, 'KMS.2201'],
  [{ cipher_text: 'A'.repeat(344), encryption_algorithm: 'RSAES_OAEP_SHA_256' }, 'KMS.0204'],
  [{ cipher_text: 'A'.repeat(344), key_id: 'me' }, 'KMS.0205'],
] as const)('refuses to decrypt %.60j with %s', async (fields, code) => {
  expectError(await app.call('DecryptData', fields), code)
})

describe('under an RSA key', () => {
  test('190 bytes come back, and 191 are refused', async () => {
    const text = 'x'.repeat(190)
    const cipher_text = await encrypt(text, { key_id: rsa, ...OAEP })
    expect(Buffer.from(cipher_text, 'base64')).toHaveLength(256)
    const { json } = await decrypt(cipher_text, { key_id: rsa, ...OAEP })
    expect(json).toMatchObject({ key_id: rsa, plain_text: text })
    const long = { key_id: rsa, plain_text: `${text}x`, ...OAEP }
    expect(expectError(await app.call('EncryptData', long), 'KMS.2108')).toContain('190')
  })

  test('decrypts what a client encrypted under the public key, be it no text', async () => {
    const { json } = await app.call('ShowPublicKey', { key_id: rsa })
    const key = createPublicKey(String(json['public_key']))
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const bytes = Buffer.from('ff00fe41', 'hex')
    const ciphertext = publicEncrypt({ key, padding, oaepHash: 'sha256' }, bytes)
    const reply = await decrypt(ciphertext.toString('base64'), { key_id: rsa, ...OAEP })
    expect(reply.json['plain_text_base64']).toBe(bytes.toString('base64'))
  })

  test('ciphertext that does not decrypt gets one answer, whatever is wrong', async () => {
    const good = Buffer.from(await encrypt('x', { key_id: rsa, ...OAEP }), 'base64')
    const changed = Buffer.from(good)
    changed.writeUInt8(changed.readUInt8(255) ^ 1, 255)
    const sentences = new Set<string>()
    for (const bytes of [changed, Buffer.alloc(256), Buffer.alloc(256, 0xff), good.subarray(1)]) {
      const reply = await decrypt(bytes.toString('base64'), { key_id: rsa, ...OAEP })
      sentences.add(expectError(reply, 'KMS.0311'))
    }
    expect(sentences.size).toBe(1)
  })

  test.each([
    [{}, 'KMS.2106'],
    [{ encryption_algorithm: 'SYMMETRIC_DEFAULT' }, 'KMS.2106'],
    [{ encryption_algorithm: 'SM2_ENCRYPT' }, 'KMS.2106'],
    [{ ...OAEP, encryption_context: { a: 'b' } }, 'KMS.0308'],
    [{ ...OAEP, additional_authenticated_data: 'x' }, 'KMS.0308'],
  ] as const)('refuses %j with %s', async (fields, code) => {
    expectError(await app.call('EncryptData', { key_id: rsa, plain_text: 'x', ...fields }), code)
    expectError(await decrypt('A'.repeat(344), { key_id: rsa, ...fields }), code)
  })

  test('a token without OAEP with SHA-256 refuses both ways', async () => {
    const poor = await startApp({ hsm: { limits: { oaepHashes: ['sha1'] } } })
    const fields = { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' }
    const id = { key_id: await poor.createCmk(fields), ...OAEP }
    const sentences = [
      expectError(await poor.call('EncryptData', { ...id, plain_text: 'x' }), 'KMS.2106'),
      expectError(
        await poor.call('DecryptData', { ...id, cipher_text: 'A'.repeat(344) }),
        'KMS.2106',
      ),
    ]
    for (const sentence of sentences) expect(sentence).toContain('token')
    await poor.close()
  })
})

test('a token without AES-GCM refuses texts under symmetric keys, both ways', async () => {
  const poor = await startApp({ hsm: { limits: { sealsData: false } } })
  const id = { key_id: await poor.createCmk() }
  const refused = [
    await poor.call('EncryptData', { ...id, plain_text: 'x' }),
    await poor.call('DecryptData', { ...id, cipher_text: await frameUnder(id.key_id) }),
  ]
  for (const reply of refused) expect(expectError(reply, 'KMS.2105')).toContain('token')
  await poor.close()
})

/** A frame that names a key: it opens nowhere, and its checksum fits. */
async function frameUnder(id: string): Promise<string> {
  const frame = Buffer.from(await encrypt('x'), 'base64')
  const named = frame.length - 32 - 40
  frame.write(id, named, 'latin1')
  return resealed(frame)
}

for (const [fields, code] of [
  [{ key_spec: 'EC_P256' }, 'KMS.1114'],
  [{ key_spec: 'ED25519' }, 'KMS.1114'],
  [{ key_spec: 'HMAC_256' }, 'KMS.0341'],
  [{ key_spec: 'RSA_2048', key_usage: 'SIGN_VERIFY' }, 'KMS.0335'],
] as const) {
  const title = `a key of ${JSON.stringify(fields)} neither encrypts nor decrypts`
  testUnless(lackOfSpec(fields.key_spec), title, async () => {
    const id = await app.createCmk(fields)
    expectError(await app.call('EncryptData', { key_id: id, plain_text: 'x', ...OAEP }), code)
    expectError(await decrypt('A'.repeat(344), { key_id: id, ...OAEP }), code)
  })
}
