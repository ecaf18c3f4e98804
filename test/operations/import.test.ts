import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Cmk, KeyVersion } from '../../src/core/cmk.js'
import type { ErrorCode } from '../../src/core/errors.js'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import { parseKeyId } from '../../src/core/ids.js'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import { type TestApp, startApp } from '../http/start-app.js'
import {
  createExternal,
  importSecretInto,
  newPrivateKey,
  parametersFor,
  wrapMaterial,
  wrapPrivateKey,
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

async function cmkOf(key_id: string): Promise<Cmk> {
  const id = parseKeyId(key_id)
  const cmk = id && (await app.service.keys.findAnywhere(id))
  if (!cmk) throw new Error('The key was not stored.')
  return cmk
}

async function versionsOf(key_id: string): Promise<readonly KeyVersion[]> {
  return app.service.keys.versions((await cmkOf(key_id)).id)
}

/** Labels of the objects of a key on the token, those of its imports among them. */
async function onToken(key_id: string): Promise<readonly string[]> {
  const objects = await app.service.hsm.inspectKeys()
  return objects.map(({ label }) => label).filter((label) => label === `cmk/${key_id}/1` || label.startsWith(`cmk/${key_id}/`))
}

async function imported(secret: Uint8Array, extra = {}): Promise<string> {
  const key_id = await createExternal(app.call)
  expect((await importSecretInto(app.call, key_id, secret, extra)).json).toEqual({})
  return key_id
}

async function wrap(key_id: string): Promise<Record<string, unknown>> {
  const fields = { plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  const { json } = await app.call('EncryptDatakey', { key_id, ...fields })
  return { key_id, cipher_text: json['cipher_text'], datakey_cipher_length: '64' }
}

async function expectOpens(frame: Record<string, unknown>): Promise<void> {
  const { json } = await app.call('DecryptDatakey', frame)
  expect(json['data_key']).toBe(PLAIN_TEXT.slice(0, 128).toUpperCase())
}

describe('CreateParametersForImport', () => {
  test('hands out an RSA-2048 key and a token for 24 hours, the same key again on the same day', async () => {
    const key_id = await createExternal(app.call)
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
      const key_id = await createExternal(app.call)
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

  test('refuses a hash that the token does not unwrap with', async () => {
    const bare = await startApp({ hsm: { limits: { oaepHashes: ['sha1'] } } })
    try {
      const key_id = await createExternal(bare.call)
      const body = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
      const refused = await bare.call('CreateParametersForImport', body)
      expect(expectError(refused, 'KMS.0308')).toContain('RSAES_OAEP_SHA_1')
      const older = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_1' }
      const { json } = await bare.call('CreateParametersForImport', older)
      const encrypted_key_material = wrapMaterial(String(json['public_key']), randomBytes(32), 'sha1')
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
    await expectOpens(await wrap(key_id))
    expect(await onToken(key_id)).toEqual([`cmk/${key_id}/1`])
    const trials = (await app.service.hsm.inspectKeys()).filter(
      ({ label }) => label.startsWith(`import/${key_id}/`) && !('publicExponent' in {}),
    )
    expect(trials.filter(({ flags }) => flags.wrap === true)).toEqual([])
  })

  test.each([1, 16, 31, 33, 64])('refuses %d bytes', async (length) => {
    const key_id = await createExternal(app.call)
    expectError(await importSecretInto(app.call, key_id, randomBytes(length)), 'KMS.2604')
    expect(await cmkOf(key_id)).toMatchObject({ state: '5', currentVersion: 1 })
    expect(await versionsOf(key_id)).toEqual([])
    expect(await onToken(key_id)).toEqual([])
  })

  test('refuses what does not decrypt, whatever is wrong with it', async () => {
    const key_id = await createExternal(app.call)
    const { import_token, public_key } = await parametersFor(app.call, key_id)
    for (const encrypted_key_material of [
      Buffer.alloc(256).toString('base64'),
      Buffer.alloc(256, 0xff).toString('base64'),
      wrapMaterial(public_key, randomBytes(32), 'sha1'),
    ]) {
      const body = { key_id, import_token, encrypted_key_material }
      expectError(await app.call('ImportKeyMaterial', body), 'KMS.0311')
    }
    expect(await versionsOf(key_id)).toEqual([])
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
    const key_id = await createExternal(app.call)
    const reply = await importSecretInto(app.call, key_id, randomBytes(32), { [field]: value })
    expectError(reply, code)
    expect((await cmkOf(key_id)).state).toBe('5')
  })

  test('wants a token of this key, unchanged and in time', async () => {
    const [key_id, other] = [await createExternal(app.call), await createExternal(app.call)]
    const own = await parametersFor(app.call, key_id)
    const foreign = await parametersFor(app.call, other)
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
    const key_id = await createExternal(app.call)
    const { import_token, public_key } = await parametersFor(app.call, key_id)
    const pair = await app.service.importPairs.newest((await cmkOf(key_id)).id)
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

describe('DeleteImportedKeyMaterial', () => {
  test.each([[], ['DisableKey']])('destroys it; the same may come again, after %j', async (...steps) => {
    const secret = randomBytes(32)
    const key_id = await imported(secret)
    const frame = await wrap(key_id)
    for (const step of steps) await app.call(step, { key_id })
    expect((await app.call('DeleteImportedKeyMaterial', { key_id })).json).toEqual({})
    expect(await cmkOf(key_id)).toMatchObject({ state: '5', materialExpiresAt: undefined })
    expect(await onToken(key_id)).toEqual([])
    expectError(await app.call('DecryptDatakey', frame), 'KMS.1301')
    expectError(await app.call('DeleteImportedKeyMaterial', { key_id }), 'KMS.2701')
    expectError(await importSecretInto(app.call, key_id, randomBytes(32)), 'KMS.2606')
    expect(await onToken(key_id)).toEqual([])
    expect((await cmkOf(key_id)).state).toBe('5')
    expect((await importSecretInto(app.call, key_id, secret)).json).toEqual({})
    expect((await cmkOf(key_id)).state).toBe('2')
    await expectOpens(frame)
    expect(await versionsOf(key_id)).toHaveLength(1)
  })

  test('is refused while the deletion of the key is scheduled', async () => {
    const key_id = await imported(randomBytes(32))
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    expectError(await app.call('DeleteImportedKeyMaterial', { key_id }), 'KMS.2701')
    expect(await onToken(key_id)).toHaveLength(1)
  })
})

describe('a second material', () => {
  test('waits for a rotation on demand; what the first one encrypted still opens', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const key_id = await imported(first)
    const frames = [await wrap(key_id)]
    expectError(await importSecretInto(app.call, key_id, first), 'KMS.0310')
    expect((await importSecretInto(app.call, key_id, second)).json).toEqual({})
    expectError(await importSecretInto(app.call, key_id, randomBytes(32)), 'KMS.0310')
    const waiting = await app.call('ShowKeyRotationStatus', { key_id })
    expect(waiting.json['key_materials']).toMatchObject([{ state: 2 }, { state: 0 }])
    frames.push(await wrap(key_id))
    expect((await app.call('RotateOnDemand', { key_id })).json).toEqual({ key_id })
    const rotated = await app.call('ShowKeyRotationStatus', { key_id })
    expect(rotated.json).toMatchObject({ number_of_rotations: 1, key_rotation_enabled: false })
    expect(rotated.json['key_materials']).toMatchObject([{ state: 2 }, { state: 2 }])
    frames.push(await wrap(key_id))
    const used = frames.map(({ cipher_text }) =>
      Buffer.from(String(cipher_text), 'hex').readUInt32LE(8),
    )
    expect(used).toEqual([1, 1, 2])
    expectError(await app.call('RotateOnDemand', { key_id }), 'KMS.0312')
    for (const frame of frames) await expectOpens(frame)

    await app.call('DeleteImportedKeyMaterial', { key_id })
    expect(await onToken(key_id)).toEqual([])
    // In any order; the key is whole when both are there.
    expect((await importSecretInto(app.call, key_id, second)).json).toEqual({})
    expect((await cmkOf(key_id)).state).toBe('5')
    expectError(await importSecretInto(app.call, key_id, second), 'KMS.0310')
    expect((await importSecretInto(app.call, key_id, first)).json).toEqual({})
    expect(await cmkOf(key_id)).toMatchObject({ state: '2', currentVersion: 2 })
    for (const frame of frames) await expectOpens(frame)
  })
})

describe('key pairs', () => {
  test.each([
    ['RSA_2048', 'rsa-2048'],
    ['EC_P256', 'ec-p256'],
    ['EC_P384', 'ec-p384'],
  ] as const)('%s is imported and stays', async (spec, kind) => {
    const key_id = await createExternal(app.call, spec)
    const { import_token, public_key } = await parametersFor(app.call, key_id)
    const pkcs8 = newPrivateKey(kind)
    const material = wrapPrivateKey(public_key, pkcs8, randomBytes(kind === 'ec-p256' ? 16 : 32))
    const body = { key_id, import_token, ...material }
    expect((await app.call('ImportKeyMaterial', body)).json).toEqual({})
    expect((await cmkOf(key_id)).state).toBe('2')
    expectError(await app.call('DeleteImportedKeyMaterial', { key_id }), 'KMS.2702')
    expectError(await app.call('ImportKeyMaterial', body), 'KMS.0310')
  })

  test('what is not such a pair is refused', async () => {
    const key_id = await createExternal(app.call, 'EC_P256')
    const { import_token, public_key } = await parametersFor(app.call, key_id)
    const good = wrapPrivateKey(public_key, newPrivateKey('ec-p256'))
    const other = wrapPrivateKey(public_key, newPrivateKey('ec-p384'))
    const cases: readonly (readonly [Record<string, unknown>, ErrorCode])[] = [
      [{ encrypted_key_material: good.encrypted_key_material }, 'KMS.2608'],
      [{ ...good, encrypted_privatekey: 'A'.repeat(199) }, 'KMS.2609'],
      [{ ...good, encrypted_privatekey: '='.repeat(200) }, 'KMS.2609'],
      [{ ...good, encrypted_privatekey: 'A'.repeat(6144) }, 'KMS.0311'],
      [other, 'KMS.2609'],
      [{ ...good, encrypted_privatekey: other.encrypted_privatekey }, 'KMS.0311'],
      [{ ...good, encrypted_key_material: 'A'.repeat(344) }, 'KMS.2610'],
      [{ ...good, encrypted_key_material: wrapMaterial(public_key, randomBytes(24)) }, 'KMS.2610'],
      [
        { ...good, encrypted_key_material: Buffer.alloc(256, 1).toString('base64') },
        'KMS.0311',
      ],
    ]
    for (const [fields, code] of cases) {
      const body = { key_id, import_token, ...fields }
      expectError(await app.call('ImportKeyMaterial', body), code)
    }
    expect((await cmkOf(key_id)).state).toBe('5')
  })
})

describe('imports at once', () => {
  test('of the same material: one wins, and its object stays', async () => {
    const key_id = await createExternal(app.call)
    const secret = randomBytes(32)
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => importSecretInto(app.call, key_id, secret)),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.0310')
    await expectOpens(await wrap(key_id))
    await expectMaterialOnToken(key_id)
  })

  test('of different materials: what the key encrypts with is what its version names', async () => {
    const key_id = await createExternal(app.call)
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => importSecretInto(app.call, key_id, randomBytes(32))),
    )
    // The first one enables the key, and one that comes then may wait for the next rotation.
    const won = replies.filter(({ status }) => status === 200).length
    expect([1, 2]).toContain(won)
    for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.0310')
    await expectOpens(await wrap(key_id))
    await expectMaterialOnToken(key_id)
    expect(await onToken(key_id)).toHaveLength(won)
  })

  test('with the scheduling of the deletion: nothing is left that the key does not name', async () => {
    const key_id = await createExternal(app.call)
    const secret = randomBytes(32)
    const parameters = await parametersFor(app.call, key_id)
    const encrypted_key_material = wrapMaterial(parameters.public_key, secret)
    const body = { key_id, import_token: parameters.import_token, encrypted_key_material }
    const [reply] = await Promise.all([
      app.call('ImportKeyMaterial', body),
      app.call('DeleteKey', { key_id, pending_days: '7' }),
    ])
    if (reply.status !== 200) expect(['KMS.0310']).toContain(expectCode(reply.json))
    expect((await cmkOf(key_id)).state).toBe('4')
    const present = (await versionsOf(key_id)).filter((version) => version.present)
    expect(await onToken(key_id)).toHaveLength(present.length)
    const { json } = await app.call('CancelKeyDeletion', { key_id })
    expect(json['key_state']).toBe(present.length > 0 ? '3' : '5')
  })
})

test('an import that dies between its steps is ended by the next one', async () => {
  for (const dying of ['second importSecret', 'replace'] as const) {
    const secret = randomBytes(32)
    const key_id = await createExternal(app.call)
    const parameters = await parametersFor(app.call, key_id)
    const encrypted_key_material = wrapMaterial(parameters.public_key, secret)
    const body = { key_id, import_token: parameters.import_token, encrypted_key_material }
    const undo = dieAt(dying)
    const died = await app.call('ImportKeyMaterial', body)
    undo()
    expectError(died, 'KMS.0104')
    expect((await cmkOf(key_id)).state).toBe('5')
    expect((await app.call('ImportKeyMaterial', body)).json).toEqual({})
    expect(await onToken(key_id)).toEqual([`cmk/${key_id}/1`])
    await expectOpens(await wrap(key_id))
  }
})

/** Lets the second step of the next import fail, as an outage would. */
function dieAt(step: 'second importSecret' | 'replace'): () => void {
  const { hsm, keys } = app.service
  const outage = new HsmError('unavailable', 'The token is gone.')
  const real: { importSecret: Hsm['importSecret']; replace: typeof keys.replace } = {
    importSecret: hsm.importSecret.bind(hsm),
    replace: keys.replace.bind(keys),
  }
  let calls = 0
  if (step === 'replace') {
    Object.assign(keys, {
      replace: (...args: Parameters<typeof keys.replace>) =>
        ++calls === 2 ? Promise.reject(outage) : real.replace(...args),
    })
    return () => Object.assign(keys, { replace: real.replace })
  }
  Object.assign(hsm, {
    async importSecret(request: Parameters<Hsm['importSecret']>[0]) {
      const checkValue = await real.importSecret(request)
      if (++calls === 2) throw outage
      return checkValue
    },
  })
  return () => Object.assign(hsm, { importSecret: real.importSecret })
}

async function expectMaterialOnToken(key_id: string): Promise<void> {
  const { hsm } = app.service
  for (const { key, checkValue } of (await versionsOf(key_id)).filter(({ present }) => present)) {
    const seen = await hsm.checkValue({ key, kind: 'wrapping' })
    expect(Buffer.from(seen).equals(checkValue)).toBe(true)
  }
}

function expectCode(json: Record<string, unknown>): unknown {
  return json['error_code']
}
