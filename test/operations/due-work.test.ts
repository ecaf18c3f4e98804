import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import type { KeyStore } from '../../src/core/key-store.js'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { keysDyingAt, tokensFailing, tokensWith, workOn } from '../support/due-work.js'
import { cmkOf, objectsOf, wrapSample } from '../support/stored-keys.js'
import { createExternal, importSecretInto, parametersFor } from '../support/wrapped-material.js'

const DAY_MS = 86_400_000
/** As long as a claim, and more. */
const LATER_MS = 5 * 60_000

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

async function scheduled(): Promise<{ readonly key_id: string; readonly dueAt: number }> {
  const key_id = await app.createCmk()
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  return { key_id, dueAt: (await cmkOf(app, key_id)).deletionAt ?? NaN }
}

describe('destruction', () => {
  test('is done at its time and not before; a tombstone tells of it', async () => {
    const { key_id, dueAt } = await scheduled()
    const frame = await wrapSample(app, await app.createCmk())
    await app.call('CreateAlias', { key_id, alias: 'alias/doomed' })
    expect(await workOn(app, dueAt - 1)).toEqual([])
    expect(await objectsOf(app, key_id)).toHaveLength(1)
    expect(await workOn(app, dueAt)).toEqual([`destruction ${key_id} 1`])
    expect(await objectsOf(app, key_id)).toHaveLength(0)
    expect(await cmkOf(app, key_id)).toMatchObject({ destroyedAt: dueAt, materialGone: true })
    const day = new Date(dueAt).toISOString().slice(0, 10)
    const refused = await app.call('DecryptDatakey', { ...frame, key_id })
    expect(expectError(refused, 'KMS.0207')).toContain(day)
    for (const name of ['CancelKeyDeletion', 'EnableKey', 'ListKeyDetail']) {
      expectError(await app.call(name, { key_id }), 'KMS.0207')
    }
    const { json } = await app.call('ListKeys', {})
    expect(json['keys']).not.toContain(key_id)
    expect(await workOn(app, dueAt + 400 * DAY_MS)).toEqual([])
  })

  test('takes every version', async () => {
    const key_id = await app.createCmk()
    await app.call('RotateOnDemand', { key_id })
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    const { deletionAt = NaN } = await cmkOf(app, key_id)
    expect(await workOn(app, deletionAt)).toEqual([`destruction ${key_id} 1,2`])
    expect(await objectsOf(app, key_id)).toHaveLength(0)
  })

  test('respects a cancellation that is first, whenever it comes', async () => {
    const { key_id, dueAt } = await scheduled()
    const { keys } = app.service
    const late: KeyStore = {
      ...keys,
      async claimDue(request) {
        const claimed = await keys.claimDue(request)
        await app.call('CancelKeyDeletion', { key_id })
        return claimed
      },
    }
    expect(await workOn(app, dueAt, { keys: late })).toEqual([])
    expect(await cmkOf(app, key_id)).toMatchObject({ state: '3', destroyedAt: undefined })
    expect(await objectsOf(app, key_id)).toHaveLength(1)
    expect((await app.call('EnableKey', { key_id })).status).toBe(200)
  })

  test('that dies between its steps is ended later; nobody can cancel it then', async () => {
    const { key_id, dueAt } = await scheduled()
    const failing = { tokens: tokensFailing(app, 'destroyKey') }
    expect(await workOn(app, dueAt, failing)).toEqual([`destruction ${key_id} failed`])
    expect(await cmkOf(app, key_id)).toMatchObject({ destroyedAt: dueAt, materialGone: false })
    expectError(await app.call('CancelKeyDeletion', { key_id }), 'KMS.0207')
    expect(await objectsOf(app, key_id)).toHaveLength(1)
    const dying = { keys: keysDyingAt(app, 1) }
    expect(await workOn(app, dueAt + LATER_MS, dying)).toEqual([`destruction ${key_id} failed`])
    expect(await objectsOf(app, key_id)).toHaveLength(0)
    // The clock may be in doubt: this was decided before.
    expect(await workOn(app, dueAt + 2 * LATER_MS, { mayDestroy: false })).toEqual([
      `destruction ${key_id} 1`,
    ])
    expect((await cmkOf(app, key_id)).materialGone).toBe(true)
  })

  test('waits while the clock is in doubt; other work does not', async () => {
    const { key_id, dueAt } = await scheduled()
    const rotating = await app.createCmk()
    await app.call('EnableKeyRotation', { key_id: rotating })
    const now = dueAt + 400 * DAY_MS
    const events = await workOn(app, now, { mayDestroy: false })
    expect([...events].sort()).toEqual(
      [`destruction ${key_id} held`, `rotation ${rotating} 2`].sort(),
    )
    expect(await objectsOf(app, key_id)).toHaveLength(1)
    expect(await workOn(app, now + LATER_MS)).toEqual([`destruction ${key_id} 1`])
  })

  test('of one key that fails keeps no other from it', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, scheduled))
    const [bad] = all
    const { hsm } = app.service
    const broken = Object.create(hsm, {
      destroyKey: {
        value: (key: Parameters<Hsm['destroyKey']>[0]) =>
          key.keyId === bad?.key_id
            ? Promise.reject(new HsmError('fault', 'The token is odd.'))
            : hsm.destroyKey(key),
      },
    }) as Hsm
    const now = Math.max(...all.map(({ dueAt }) => dueAt))
    const events = await workOn(app, now, { tokens: tokensWith(app, broken) })
    expect(events).toHaveLength(5)
    expect(events.filter((event) => event.endsWith('failed'))).toEqual([
      `destruction ${String(bad?.key_id)} failed`,
    ])
    // Claimed, so not at once again.
    expect(await workOn(app, now + 1)).toEqual([])
    expect(await workOn(app, now + LATER_MS)).toEqual([`destruction ${String(bad?.key_id)} 1`])
  })
})

describe('rotation', () => {
  async function rotating(): Promise<{ readonly key_id: string; readonly dueAt: number }> {
    const key_id = await app.createCmk()
    await app.call('EnableKeyRotation', { key_id })
    return { key_id, dueAt: (await cmkOf(app, key_id)).rotation.nextAt ?? NaN }
  }

  test('makes a version at its time, and the next one an interval later', async () => {
    const { key_id, dueAt } = await rotating()
    const frame = await wrapSample(app, key_id)
    expect(await workOn(app, dueAt - 1)).toEqual([])
    expect(await workOn(app, dueAt)).toEqual([`rotation ${key_id} 2`])
    expect(await workOn(app, dueAt + LATER_MS)).toEqual([])
    expect((await cmkOf(app, key_id)).rotation).toEqual({
      enabled: true,
      intervalDays: 365,
      lastAt: dueAt,
      nextAt: dueAt + 365 * DAY_MS,
      count: 1,
    })
    expect((await app.call('DecryptDatakey', frame)).status).toBe(200)
    expect(await workOn(app, dueAt + 365 * DAY_MS)).toEqual([`rotation ${key_id} 3`])
    await app.call('DisableKeyRotation', { key_id })
  })

  test('passes over keys that are disabled or to be deleted, and catches up', async () => {
    const [disabled, pending] = [await rotating(), await rotating()]
    await app.call('DisableKey', { key_id: disabled.key_id })
    await app.call('DeleteKey', { key_id: pending.key_id, pending_days: '1096' })
    const now = Math.max(disabled.dueAt, pending.dueAt)
    expect(await workOn(app, now)).toEqual([])
    await app.call('EnableKey', { key_id: disabled.key_id })
    expect(await workOn(app, now)).toEqual([`rotation ${disabled.key_id} 2`])
    await app.call('CancelKeyDeletion', { key_id: pending.key_id })
    await app.call('EnableKey', { key_id: pending.key_id })
    expect(await workOn(app, now)).toEqual([`rotation ${pending.key_id} 2`])
    for (const { key_id } of [disabled, pending]) await app.call('DisableKeyRotation', { key_id })
  })

  test.each([1, 2])('that dies at change %d is made again once', async (change) => {
    const { key_id, dueAt } = await rotating()
    const dying = { keys: keysDyingAt(app, change) }
    expect(await workOn(app, dueAt, dying)).toEqual([`rotation ${key_id} failed`])
    expect((await cmkOf(app, key_id)).currentVersion).toBe(1)
    expect((await app.call('DecryptDatakey', await wrapSample(app, key_id))).status).toBe(200)
    expect(await workOn(app, dueAt + LATER_MS)).toHaveLength(1)
    expect(await workOn(app, dueAt + 2 * LATER_MS)).toEqual([])
    expect((await cmkOf(app, key_id)).rotation.count).toBe(1)
    expect((await app.call('DecryptDatakey', await wrapSample(app, key_id))).status).toBe(200)
    await app.call('DisableKeyRotation', { key_id })
    // Whatever the first attempt left on the token goes with the key.
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    await workOn(app, (await cmkOf(app, key_id)).deletionAt ?? NaN)
    expect(await objectsOf(app, key_id)).toHaveLength(0)
  })

  test('that is switched off while it goes on does not happen', async () => {
    const { key_id, dueAt } = await rotating()
    const { hsm } = app.service
    const slow = Object.create(hsm, {
      destroyKey: { value: (key: Parameters<Hsm['destroyKey']>[0]) => hsm.destroyKey(key) },
      generateKey: {
        async value(request: Parameters<Hsm['generateKey']>[0]) {
          await app.call('DisableKeyRotation', { key_id })
          return hsm.generateKey(request)
        },
      },
    }) as Hsm
    expect(await workOn(app, dueAt, { tokens: tokensWith(app, slow) })).toEqual([])
    expect(await cmkOf(app, key_id)).toMatchObject({ currentVersion: 1, rotation: { count: 0 } })
    expect(await objectsOf(app, key_id)).toHaveLength(1)
  })
})

describe('lapse of imported material', () => {
  test('destroys it at its time; the key awaits the same material again', async () => {
    const secret = randomBytes(32)
    const key_id = await createExternal(app)
    const at = Math.floor(Date.now() / 1000) + 3600
    await importSecretInto(app, key_id, secret, { expiration_time: at })
    const frame = await wrapSample(app, key_id)
    expect(await workOn(app, at * 1000 - 1)).toEqual([])
    expect(await workOn(app, at * 1000)).toEqual([`lapse ${key_id} 1`])
    expect(await objectsOf(app, key_id)).toHaveLength(0)
    expect(await cmkOf(app, key_id)).toMatchObject({ state: '5', materialExpiresAt: undefined })
    expect(await workOn(app, at * 1000 + LATER_MS)).toEqual([])
    expectError(await importSecretInto(app, key_id, randomBytes(32)), 'KMS.2606')
    expect((await importSecretInto(app, key_id, secret)).status).toBe(200)
    expect((await app.call('DecryptDatakey', frame)).status).toBe(200)
  })

  test('that dies between its steps leaves the key out of use, and is ended later', async () => {
    const secret = randomBytes(32)
    const key_id = await createExternal(app)
    await importSecretInto(app, key_id, secret)
    const { hsm } = app.service
    const destroyKey = hsm.destroyKey.bind(hsm)
    Object.assign(hsm, {
      destroyKey: () => Promise.reject(new HsmError('unavailable', 'The token is gone.')),
    })
    const failed = await app.call('DeleteImportedKeyMaterial', { key_id })
    Object.assign(hsm, { destroyKey })
    expectError(failed, 'KMS.0104')
    expect((await cmkOf(app, key_id)).state).toBe('5')
    // The object may go at any moment, so nothing is built on it.
    expectError(await importSecretInto(app, key_id, secret), 'KMS.0310')
    expect(await workOn(app, Date.now())).toEqual([`lapse ${key_id} 1`])
    expect(await objectsOf(app, key_id)).toHaveLength(0)
    expect((await importSecretInto(app, key_id, secret)).status).toBe(200)
  })

  test('of a waiting material leaves the key enabled', async () => {
    const key_id = await createExternal(app)
    await importSecretInto(app, key_id, randomBytes(32))
    const at = Math.floor(Date.now() / 1000) + 3600
    await importSecretInto(app, key_id, randomBytes(32), { expiration_time: at })
    expect(await workOn(app, at * 1000)).toEqual([`lapse ${key_id} 2`])
    expect(await cmkOf(app, key_id)).toMatchObject({ state: '2', materialExpiresAt: undefined })
    expectError(await app.call('RotateOnDemand', { key_id }), 'KMS.0312')
    const third = await importSecretInto(app, key_id, randomBytes(32))
    expect(third.status).toBe(200)
    expect((await app.call('RotateOnDemand', { key_id })).status).toBe(200)
    expect((await cmkOf(app, key_id)).currentVersion).toBe(3)
  })

  test('of a key that is to be deleted leaves it so; cancelled, it awaits import', async () => {
    const key_id = await createExternal(app)
    const at = Math.floor(Date.now() / 1000) + 3600
    await importSecretInto(app, key_id, randomBytes(32), { expiration_time: at })
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    expect(await workOn(app, at * 1000)).toEqual([`lapse ${key_id} 1`])
    expect((await cmkOf(app, key_id)).state).toBe('4')
    const { json } = await app.call('CancelKeyDeletion', { key_id })
    expect(json['key_state']).toBe('5')
  })
})

test('import pairs are destroyed when they expire', async () => {
  const key_id = await createExternal(app)
  await parametersFor(app, key_id)
  const { id } = await cmkOf(app, key_id)
  const pair = await app.service.importPairs.newest(id, 1)
  if (!pair) throw new Error('There is no pair.')
  const failing = { tokens: tokensFailing(app, 'destroyKey') }
  expect(await workOn(app, pair.expiresAt, failing)).toContain(`import-pair ${key_id} failed`)
  expect(await workOn(app, pair.expiresAt - 1)).not.toContain(`import-pair ${key_id} `)
  expect(await workOn(app, pair.expiresAt)).toContain(`import-pair ${key_id} `)
  expect(await app.service.importPairs.newest(id, 1)).toBeUndefined()
  await expect(app.service.hsm.publicKey(pair.key)).rejects.toMatchObject({
    failure: 'key-missing',
  })
})

test('more than a batch is done in one run', async () => {
  const all = await Promise.all(Array.from({ length: 45 }, scheduled))
  const events = await workOn(app, Math.max(...all.map(({ dueAt }) => dueAt)))
  expect(events).toHaveLength(45)
})
