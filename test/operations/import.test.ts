import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { cmkOf, expectOpens, objectsOf, versionsOf, wrapSample } from '../support/stored-keys.js'
import {
  createExternal,
  importSecretInto,
  parametersFor,
  wrapMaterial,
} from '../support/wrapped-material.js'

const HOUR_S = 3600

let app: TestApp
let offset = 0
beforeAll(async () => {
  app = await startApp({
    service: (service) => ({ ...service, clock: () => Date.now() + offset }),
  })
})
afterAll(() => app.close())

async function imported(secret: Uint8Array, extra = {}): Promise<string> {
  const key_id = await createExternal(app)
  expect((await importSecretInto(app, key_id, secret, extra)).json).toEqual({})
  return key_id
}

describe('CreateParametersForImport', () => {
  test('hands out an RSA-2048 key and a token for 24 hours, the same key again on the same day', async () => {
    const key_id = await createExternal(app)
    const before = Math.floor(Date.now() / 1000)
    const body = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
    const { json } = await app.call('CreateParametersForImport', body)
    expect(json).toMatchObject({ key_id })
    expect(json['import_token']).toMatch(/^[0-9a-zA-Z+/=]{200,6144}$/)
    expect(Buffer.from(String(json['import_token']), 'base64').toString('latin1')).toContain(key_id)
    const expires = json['expiration_time'] as number
    expect(Number.isInteger(expires)).toBe(true)
    expect(expires - 24 * HOUR_S).toBeGreaterThanOrEqual(before)
    expect(expires - 24 * HOUR_S).toBeLessThanOrEqual(Date.now() / 1000)
    const again = await app.call('CreateParametersForImport', body)
    expect(again.json['public_key']).toBe(json['public_key'])
    expect(again.json['import_token']).not.toBe(json['import_token'])
    // A token lives its full 24 hours, so a pair that will not outlive it is not handed out.
    offset = 25 * HOUR_S * 1000
    const later = await app.call('CreateParametersForImport', body)
    offset = 0
    expect(later.json['public_key']).not.toBe(json['public_key'])
  })

  test.each(['RSAES_PKCS1_V1_5', 'SM2_ENCRYPT', 'RSAES_OAEP_SHA_512', '', 7])(
    'refuses the algorithm %j and names those there are',
    async (wrapping_algorithm) => {
      const key_id = await createExternal(app)
      const reply = await app.call('CreateParametersForImport', { key_id, wrapping_algorithm })
      expect(expectError(reply, 'KMS.0308')).toContain('RSAES_OAEP_SHA_256')
    },
  )

  test.each(['DisableKey', 'DeleteKey'])('refuses a key after %s', async (step) => {
    const key_id = await imported(randomBytes(32))
    await app.call(step, { key_id, pending_days: '7' })
    const body = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
    expectError(await app.call('CreateParametersForImport', body), 'KMS.0310')
  })

  test('refuses keys that the HSM made', async () => {
    const body = { key_id: await app.createCmk(), wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
    expectError(await app.call('CreateParametersForImport', body), 'KMS.0309')
    expectError(await app.call('DeleteImportedKeyMaterial', body), 'KMS.0309')
    const hmac = await app.call('CreateKey', { key_alias: 'hmac', key_spec: 'HMAC_256' })
    const { key_id } = hmac.json['key_info'] as { key_id: string }
    const refused = await app.call('CreateParametersForImport', { ...body, key_id })
    expectError(refused, 'KMS.0341')
  })

  test('refuses keys of a kind that the token does not take in', async () => {
    const bare = await startApp({ hsm: { limits: { imports: ['secrets'] } } })
    try {
      await createExternal(bare)
      const wish = { key_alias: 'pair', key_spec: 'EC_P256', origin: 'external' }
      expect(expectError(await bare.call('CreateKey', wish), 'KMS.0308')).toContain('EC_P256')
    } finally {
      await bare.close()
    }
  })

  test('refuses a hash that the token does not unwrap with', async () => {
    const bare = await startApp({ hsm: { limits: { oaepHashes: ['sha1'] } } })
    try {
      const key_id = await createExternal(bare)
      const body = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
      const refused = await bare.call('CreateParametersForImport', body)
      expect(expectError(refused, 'KMS.0308')).toContain('RSAES_OAEP_SHA_1')
      const older = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_1' }
      const { json } = await bare.call('CreateParametersForImport', older)
      const encrypted_key_material = wrapMaterial(
        String(json['public_key']),
        randomBytes(32),
        'sha1',
      )
      const { import_token } = json
      const reply = await bare.call('ImportKeyMaterial', {
        key_id,
        import_token,
        encrypted_key_material,
      })
      expect(reply.json).toEqual({})
    } finally {
      await bare.close()
    }
  })
})

describe('ImportKeyMaterial', () => {
  test('enables the key, which then encrypts; nothing is left of the trial', async () => {
    const key_id = await imported(randomBytes(32))
    const { json } = await app.call('ListKeyDetail', { key_id })
    expect(json['key_info']).toMatchObject({
      key_state: '2',
      origin: 'external',
      expiration_time: '',
    })
    await expectOpens(app, await wrapSample(app, key_id))
    expect(await objectsOf(app, key_id)).toEqual([`cmk/${key_id}/1`])
    const trials = (await app.service.hsm.inspectKeys()).filter(
      ({ label, flags }) => label.startsWith(`import/${key_id}/`) && flags.wrap === true,
    )
    expect(trials).toEqual([])
  })

  test.each([1, 16, 31, 33, 64])('refuses %d bytes', async (length) => {
    const key_id = await createExternal(app)
    expectError(await importSecretInto(app, key_id, randomBytes(length)), 'KMS.2604')
    expect(await cmkOf(app, key_id)).toMatchObject({ state: '5', currentVersion: 1 })
    expect(await versionsOf(app, key_id)).toEqual([])
    expect(await objectsOf(app, key_id)).toEqual([])
  })

  test('refuses what does not decrypt, whatever is wrong with it', async () => {
    const key_id = await createExternal(app)
    const { import_token, public_key } = await parametersFor(app, key_id)
    for (const encrypted_key_material of [
      Buffer.alloc(256).toString('base64'),
      Buffer.alloc(256, 0xff).toString('base64'),
      wrapMaterial(public_key, randomBytes(32), 'sha1'),
    ]) {
      const body = { key_id, import_token, encrypted_key_material }
      expectError(await app.call('ImportKeyMaterial', body), 'KMS.0311')
    }
    expect(await versionsOf(app, key_id)).toEqual([])
  })

  test.each([
    ['import_token', 'A'.repeat(199), 'KMS.2605'],
    ['import_token', 'A'.repeat(6145), 'KMS.2605'],
    ['import_token', '*'.repeat(216), 'KMS.2605'],
    ['import_token', 'A'.repeat(216), 'KMS.2605'],
    ['import_token', 'A'.repeat(6144), 'KMS.2605'],
    ['import_token', '='.repeat(216), 'KMS.2605'],
    ['import_token', 7, 'KMS.2605'],
    ['encrypted_key_material', 'A'.repeat(343), 'KMS.2604'],
    ['encrypted_key_material', 'A'.repeat(361), 'KMS.2604'],
    ['encrypted_key_material', 'A'.repeat(344), 'KMS.2604'],
    ['encrypted_key_material', '='.repeat(344), 'KMS.2604'],
    ['expiration_time', 1, 'KMS.2602'],
    ['expiration_time', '1', 'KMS.2602'],
    ['expiration_time', -1, 'KMS.2602'],
    ['expiration_time', 0.5, 'KMS.2602'],
    ['expiration_time', '', 'KMS.2602'],
    ['expiration_time', 'tomorrow', 'KMS.2602'],
    ['expiration_time', Date.now() + 1e9, 'KMS.2602'],
    ['expiration_time', true, 'KMS.2602'],
  ] as const)('refuses %s %j with %s', async (field, value, code) => {
    const key_id = await createExternal(app)
    const reply = await importSecretInto(app, key_id, randomBytes(32), { [field]: value })
    expectError(reply, code)
    expect((await cmkOf(app, key_id)).state).toBe('5')
  })

  test('wants a token of this key, unchanged and in time', async () => {
    const [key_id, other] = [await createExternal(app), await createExternal(app)]
    const own = await parametersFor(app, key_id)
    const foreign = await parametersFor(app, other)
    const encrypted_key_material = wrapMaterial(own.public_key, randomBytes(32))
    const body = { key_id, encrypted_key_material, import_token: own.import_token }
    const stolen = { ...body, import_token: foreign.import_token }
    expectError(await app.call('ImportKeyMaterial', stolen), 'KMS.2603')
    const bytes = Buffer.from(own.import_token, 'base64')
    for (let at = 0; at < bytes.length; at += 1) {
      const forged = Buffer.from(bytes)
      forged[at] = (forged[at] ?? 0) ^ 1
      const changed = { ...body, import_token: forged.toString('base64') }
      expectError(await app.call('ImportKeyMaterial', changed), 'KMS.2605')
    }
    offset = 24 * HOUR_S * 1000
    const late = await app.call('ImportKeyMaterial', body)
    offset = 0
    expectError(late, 'KMS.2601')
    expect((await app.call('ImportKeyMaterial', body)).json).toEqual({})
  })

  test('finds a token expired whose pair is gone', async () => {
    const key_id = await createExternal(app)
    const { import_token, public_key } = await parametersFor(app, key_id)
    const pair = await app.service.importPairs.newest((await cmkOf(app, key_id)).id, 1)
    if (!pair) throw new Error('There is no pair.')
    await app.service.importPairs.remove(pair.key)
    const encrypted_key_material = wrapMaterial(public_key, randomBytes(32))
    const body = { key_id, import_token, encrypted_key_material }
    expectError(await app.call('ImportKeyMaterial', body), 'KMS.2601')
  })

  test.each([String, Number])('takes an expiry as %p', async (form) => {
    const at = Math.floor(Date.now() / 1000) + HOUR_S
    const key_id = await imported(randomBytes(32), { expiration_time: form(at) })
    const { json } = await app.call('ListKeyDetail', { key_id })
    expect(json['key_info']).toMatchObject({ expiration_time: String(at * 1000) })
    const status = await app.call('ShowKeyRotationStatus', { key_id })
    expect(status.json['key_materials']).toEqual([
      expect.objectContaining({ expiration_time: String(at * 1000), state: 2 }),
    ])
  })
})
