import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { lackOfSpec, testUnless } from '../support/lacks.js'
import {
  cmkOf,
  expectOpens,
  objectsOf,
  versionIn,
  versionsOf,
  wrapSample,
} from '../support/stored-keys.js'
import { createExternal, importSecretInto } from '../support/wrapped-material.js'

const DAY_MS = 86_400_000
const CHANGES = [
  ['EnableKeyRotation', {}],
  ['DisableKeyRotation', {}],
  ['UpdateKeyRotationInterval', { rotation_interval: 30 }],
  ['RotateOnDemand', {}],
] as const

let app: TestApp
let clock = 1_800_000_000_000
beforeAll(async () => {
  app = await startApp({
    service: (service) => ({ ...service, clock: () => clock }),
  })
})
afterAll(() => app.close())

async function make(fields: Record<string, string>): Promise<string> {
  const key_alias = `rotation-${Math.random().toString(36).slice(2)}`
  const { json } = await app.call('CreateKey', { key_alias, ...fields })
  return (json['key_info'] as { key_id: string }).key_id
}

async function status(key_id: string): Promise<Record<string, unknown>> {
  const reply = await app.call('ShowKeyRotationStatus', { key_id })
  expect(reply.status).toBe(200)
  return reply.json
}

async function nextAt(key_id: string): Promise<number | undefined> {
  return (await cmkOf(app, key_id)).rotation.nextAt
}

describe('the schedule', () => {
  test('is off at first, on for 365 days, and off again', async () => {
    const key_id = await app.createCmk()
    const [first] = await versionsOf(app, key_id)
    const off = {
      key_rotation_enabled: false,
      rotation_interval: 365,
      last_rotation_time: '',
      number_of_rotations: 0,
      key_materials: [
        { material_id: first?.materialId, create_time: String(first?.createdAt), state: 2 },
      ],
    }
    expect(await status(key_id)).toEqual(off)
    expectError(await app.call('DisableKeyRotation', { key_id }), 'KMS.0313')
    expect((await app.call('EnableKeyRotation', { key_id })).json).toEqual({})
    expect(await status(key_id)).toEqual({ ...off, key_rotation_enabled: true })
    expect(await nextAt(key_id)).toBe(clock + 365 * DAY_MS)
    const { json } = await app.call('ListKeyDetail', { key_id })
    expect(json['key_info']).toMatchObject({ key_rotation_enabled: 'true' })
    expectError(await app.call('EnableKeyRotation', { key_id }), 'KMS.2901')
    expect((await app.call('DisableKeyRotation', { key_id })).json).toEqual({})
    expect(await status(key_id)).toEqual(off)
    expect(await nextAt(key_id)).toBeUndefined()
    expectError(await app.call('DisableKeyRotation', { key_id }), 'KMS.0313')
  })

  test('has an interval that counts from when it was switched on', async () => {
    const key_id = await app.createCmk()
    const refused = { key_id, rotation_interval: 30 }
    expectError(await app.call('UpdateKeyRotationInterval', refused), 'KMS.0313')
    await app.call('EnableKeyRotation', { key_id })
    const begun = clock
    clock += 10 * DAY_MS
    for (const rotation_interval of [30, '90', 365]) {
      const reply = await app.call('UpdateKeyRotationInterval', { key_id, rotation_interval })
      expect(reply.json).toEqual({})
      expect((await status(key_id))['rotation_interval']).toBe(Number(rotation_interval))
      expect(await nextAt(key_id)).toBe(begun + Number(rotation_interval) * DAY_MS)
    }
    await app.call('UpdateKeyRotationInterval', { key_id, rotation_interval: 45 })
    await app.call('DisableKeyRotation', { key_id })
    await app.call('EnableKeyRotation', { key_id })
    expect((await status(key_id))['rotation_interval']).toBe(45)
    expect(await nextAt(key_id)).toBe(clock + 45 * DAY_MS)
  })

  test.each([29, 366, 0, -30, 30.5, '29', '366', '', '3e1', true, []])(
    'has no interval of %j days',
    async (rotation_interval) => {
      const key_id = await app.createCmk()
      await app.call('EnableKeyRotation', { key_id })
      const reply = await app.call('UpdateKeyRotationInterval', { key_id, rotation_interval })
      expectError(reply, 'KMS.3001')
      expect((await status(key_id))['rotation_interval']).toBe(365)
    },
  )
})

describe('RotateOnDemand', () => {
  test('makes a new version at once; every older one still decrypts', async () => {
    const key_id = await app.createCmk()
    await app.call('EnableKeyRotation', { key_id })
    const frames = [await wrapSample(app, key_id)]
    for (let count = 1; count <= 3; count++) {
      clock += DAY_MS
      expect((await app.call('RotateOnDemand', { key_id })).json).toEqual({ key_id })
      expect(await status(key_id)).toMatchObject({
        number_of_rotations: count,
        last_rotation_time: String(clock),
      })
      expect(await nextAt(key_id)).toBe(clock + 365 * DAY_MS)
      frames.push(await wrapSample(app, key_id))
    }
    const used = frames.map(versionIn)
    expect(used).toEqual([1, 2, 3, 4])
    for (const frame of frames) await expectOpens(app, frame)
    expect((await status(key_id))['key_materials']).toHaveLength(4)
    // A shorter interval counts from the last rotation.
    const last = clock
    clock += DAY_MS
    await app.call('UpdateKeyRotationInterval', { key_id, rotation_interval: 30 })
    expect(await nextAt(key_id)).toBe(last + 30 * DAY_MS)
  })

  test('leaves a schedule that is off alone', async () => {
    const key_id = await app.createCmk()
    await app.call('RotateOnDemand', { key_id })
    expect(await nextAt(key_id)).toBeUndefined()
    expect((await status(key_id))['key_rotation_enabled']).toBe(false)
  })

  test('four at once never share a version, and all that was encrypted opens', async () => {
    const key_id = await app.createCmk()
    const frames: Record<string, unknown>[] = []
    const replies = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const reply = await app.call('RotateOnDemand', { key_id })
        frames.push(await wrapSample(app, key_id))
        return reply
      }),
    )
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200])
    const present = (await versionsOf(app, key_id)).filter((version) => version.present)
    expect((await status(key_id))['number_of_rotations']).toBe(present.length - 1)
    expect(present.length).toBeGreaterThan(1)
    for (const { key, checkValue } of present) {
      expect(await app.service.hsm.checkValue({ key, kind: 'wrapping' })).toEqual(checkValue)
    }
    // Whoever lost has destroyed what it made.
    expect(await objectsOf(app, key_id)).toHaveLength(present.length)
    for (const frame of frames) await expectOpens(app, frame)
  })
})

describe('keys that do not rotate', () => {
  for (const [key_spec, code] of [
    ['RSA_2048', 'KMS.0324'],
    ['EC_P256', 'KMS.0325'],
    ['ED25519', 'KMS.0325'],
    ['HMAC_256', 'KMS.0341'],
  ] as const) {
    testUnless(lackOfSpec(key_spec), `${key_spec}: ${code}`, async () => {
      const key_id = await make({ key_spec })
      for (const [name, extra] of CHANGES) {
        expectError(await app.call(name, { key_id, ...extra }), code)
      }
      expectError(await app.call('ShowKeyRotationStatus', { key_id }), code)
    })
  }

  test('an external key does not rotate by itself, nor on demand without a second material', async () => {
    const key_id = await createExternal(app)
    await importSecretInto(app, key_id, Buffer.alloc(32, 1))
    for (const [name, extra] of CHANGES) {
      expectError(await app.call(name, { key_id, ...extra }), 'KMS.0312')
    }
    expect((await status(key_id))['key_rotation_enabled']).toBe(false)
  })

  test('a key in a dedicated keystore does not rotate', async () => {
    const key_id = await app.createCmk()
    const cmk = await cmkOf(app, key_id)
    await app.service.keys.replace({ ...cmk, keystoreId: 'c0ffee00-0000-4000-8000-000000000000' })
    for (const [name, extra] of CHANGES) {
      expectError(await app.call(name, { key_id, ...extra }), 'KMS.0338')
    }
    expect((await status(key_id))['key_rotation_enabled']).toBe(false)
  })

  test.each([
    ['DisableKey', {}, 'KMS.0209'],
    ['DeleteKey', { pending_days: '7' }, 'KMS.0210'],
  ] as const)('after %s nothing of it changes', async (step, fields, code) => {
    const key_id = await app.createCmk()
    await app.call('EnableKeyRotation', { key_id })
    const before = await status(key_id)
    await app.call(step, { key_id, ...fields })
    for (const [name, extra] of CHANGES) {
      expectError(await app.call(name, { key_id, ...extra }), code)
    }
    // The setting survives and can be seen.
    expect(await status(key_id)).toEqual(before)
  })
})
