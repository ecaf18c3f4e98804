import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ErrorCode } from '../../src/core/errors.js'
import { removeLapsedMaterial } from '../../src/core/remove-material.js'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { describeUnless } from '../support/describe-unless.js'
import { lackOf, limits } from '../support/lacks.js'
import {
  cmkOf,
  expectOpens,
  objectsOf,
  versionIn,
  versionsOf,
  wrapSample,
} from '../support/stored-keys.js'
import {
  createExternal,
  importSecretInto,
  newPrivateKey,
  parametersFor,
  wrapMaterial,
  wrapPrivateKey,
} from '../support/wrapped-material.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

async function imported(secret: Uint8Array, extra = {}): Promise<string> {
  const key_id = await createExternal(app)
  expect((await importSecretInto(app, key_id, secret, extra)).json).toEqual({})
  return key_id
}

describe('DeleteImportedKeyMaterial', () => {
  test.each([[], ['DisableKey']])(
    'destroys it; the same may come again, after %j',
    async (...steps) => {
      const secret = randomBytes(32)
      const key_id = await imported(secret)
      const frame = await wrapSample(app, key_id)
      for (const step of steps) await app.call(step, { key_id })
      expect((await app.call('DeleteImportedKeyMaterial', { key_id })).json).toEqual({})
      expect(await cmkOf(app, key_id)).toMatchObject({ state: '5', materialExpiresAt: undefined })
      expect(await objectsOf(app, key_id)).toEqual([])
      expectError(await app.call('DecryptDatakey', frame), 'KMS.1301')
      expectError(await app.call('DeleteImportedKeyMaterial', { key_id }), 'KMS.2701')
      expectError(await importSecretInto(app, key_id, randomBytes(32)), 'KMS.2606')
      expect(await objectsOf(app, key_id)).toEqual([])
      expect((await cmkOf(app, key_id)).state).toBe('5')
      expect((await importSecretInto(app, key_id, secret)).json).toEqual({})
      expect((await cmkOf(app, key_id)).state).toBe('2')
      await expectOpens(app, frame)
      expect(await versionsOf(app, key_id)).toHaveLength(1)
    },
  )

  test('is refused while the deletion of the key is scheduled', async () => {
    const key_id = await imported(randomBytes(32))
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    expectError(await app.call('DeleteImportedKeyMaterial', { key_id }), 'KMS.2701')
    expect(await objectsOf(app, key_id)).toHaveLength(1)
  })
})

describe('a second material', () => {
  test('waits for a rotation on demand; what the first one encrypted still opens', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const key_id = await imported(first)
    const frames = [await wrapSample(app, key_id)]
    expectError(await importSecretInto(app, key_id, first), 'KMS.0310')
    expect((await importSecretInto(app, key_id, second)).json).toEqual({})
    expectError(await importSecretInto(app, key_id, randomBytes(32)), 'KMS.0310')
    const waiting = await app.call('ShowKeyRotationStatus', { key_id })
    expect(waiting.json['key_materials']).toMatchObject([{ state: 2 }, { state: 0 }])
    frames.push(await wrapSample(app, key_id))
    expect((await app.call('RotateOnDemand', { key_id })).json).toEqual({ key_id })
    const rotated = await app.call('ShowKeyRotationStatus', { key_id })
    expect(rotated.json).toMatchObject({ number_of_rotations: 1, key_rotation_enabled: false })
    expect(rotated.json['key_materials']).toMatchObject([{ state: 2 }, { state: 2 }])
    frames.push(await wrapSample(app, key_id))
    const used = frames.map(versionIn)
    expect(used).toEqual([1, 1, 2])
    expectError(await app.call('RotateOnDemand', { key_id }), 'KMS.0312')
    for (const frame of frames) await expectOpens(app, frame)

    await app.call('DeleteImportedKeyMaterial', { key_id })
    expect(await objectsOf(app, key_id)).toEqual([])
    // In any order; the key is whole when both are there.
    expect((await importSecretInto(app, key_id, second)).json).toEqual({})
    expect((await cmkOf(app, key_id)).state).toBe('5')
    expectError(await importSecretInto(app, key_id, second), 'KMS.0310')
    expect((await importSecretInto(app, key_id, first)).json).toEqual({})
    expect(await cmkOf(app, key_id)).toMatchObject({ state: '2', currentVersion: 2 })
    for (const frame of frames) await expectOpens(app, frame)
  })
})

test('a forged text that names a version which was never used is refused', async () => {
  const key_id = await imported(randomBytes(32))
  const expiration_time = Math.floor(Date.now() / 1000) + 2
  await importSecretInto(app, key_id, randomBytes(32), { expiration_time })
  const id = (await cmkOf(app, key_id)).id
  const { keys, tokens } = app.service
  await removeLapsedMaterial({ keys, tokens }, await cmkOf(app, key_id), expiration_time * 1000)
  await importSecretInto(app, key_id, randomBytes(32))
  await app.call('RotateOnDemand', { key_id })
  expect((await keys.versions(id)).map(({ present }) => present)).toEqual([true, false, true])
  const { json } = await app.call('EncryptData', {
    key_id,
    plain_text: Buffer.from('text').toString('base64'),
  })
  const frame = Buffer.from(String(json['cipher_text']), 'base64')
  frame.writeUInt32LE(2, 8)
  createHash('sha256')
    .update(frame.subarray(0, -32))
    .digest()
    .copy(frame, frame.length - 32)
  const forged = { key_id, cipher_text: frame.toString('base64') }
  expectError(await app.call('DecryptData', forged), 'KMS.2201')
})

describeUnless(lackOf('imports of pairs', limits.imports.includes('pairs')), 'key pairs', () => {
  test.each([
    ['RSA_2048', 'rsa-2048'],
    ['EC_P256', 'ec-p256'],
    ['EC_P384', 'ec-p384'],
  ] as const)('%s is imported and stays', async (spec, kind) => {
    const key_id = await createExternal(app, spec)
    const { import_token, public_key } = await parametersFor(app, key_id)
    const pkcs8 = newPrivateKey(kind)
    const material = wrapPrivateKey(public_key, pkcs8, randomBytes(kind === 'ec-p256' ? 16 : 32))
    const body = { key_id, import_token, ...material }
    expect((await app.call('ImportKeyMaterial', body)).json).toEqual({})
    expect((await cmkOf(app, key_id)).state).toBe('2')
    expectError(await app.call('DeleteImportedKeyMaterial', { key_id }), 'KMS.2702')
    expectError(await app.call('ImportKeyMaterial', body), 'KMS.0310')
  })

  test('what is not such a pair is refused', async () => {
    const key_id = await createExternal(app, 'EC_P256')
    const { import_token, public_key } = await parametersFor(app, key_id)
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
      [{ ...good, encrypted_key_material: Buffer.alloc(256, 1).toString('base64') }, 'KMS.0311'],
    ]
    for (const [fields, code] of cases) {
      const body = { key_id, import_token, ...fields }
      expectError(await app.call('ImportKeyMaterial', body), code)
    }
    expect((await cmkOf(app, key_id)).state).toBe('5')
  })
})
