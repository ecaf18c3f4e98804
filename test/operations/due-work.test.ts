import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import { type DueWorkParts, runDueWork } from '../../src/core/due-work.js'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import { parseKeyId } from '../../src/core/ids.js'
import { type KeyStore, StoreUnavailable } from '../../src/core/key-store.js'
import { expectError } from '../http/expect-error.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { createExternal, importSecretInto, parametersFor } from '../support/wrapped-material.js'

const DAY_MS = 86_400_000
/** As long as a claim, and more. */
const LATER_MS = 5 * 60_000

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

/** Does all work that is due at a time, and returns what became of it. */
async function work(
  now: number,
  { mayDestroy = true, ...changed }: Partial<DueWorkParts> & { readonly mayDestroy?: boolean } = {},
): Promise<readonly string[]> {
  const events: string[] = []
  const { keys, importPairs, tokens } = app.service
  const observer: DueWorkParts['observer'] = {
    done: (work, { keyId, versions }) => events.push(`${work} ${keyId} ${versions.join(',')}`),
    failed: (work, keyId) => events.push(`${work} ${keyId} failed`),
    held: (keyId) => events.push(`destruction ${keyId} held`),
  }
  const parts = { keys, importPairs, tokens, observer, ...changed }
  await runDueWork(parts, { now, mayDestroy, stopping: () => false })
  return events
}

async function cmkOf(key_id: string): Promise<Cmk> {
  const id = parseKeyId(key_id)
  const cmk = id && (await app.service.keys.findAnywhere(id))
  if (!cmk) throw new Error('The key was not stored.')
  return cmk
}

async function onToken(key_id: string): Promise<number> {
  const objects = await app.service.hsm.inspectKeys()
  return objects.filter(({ label }) => label.startsWith(`cmk/${key_id}/`)).length
}

async function scheduled(): Promise<{ readonly key_id: string; readonly dueAt: number }> {
  const key_id = await app.createCmk()
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  return { key_id, dueAt: (await cmkOf(key_id)).deletionAt ?? NaN }
}

async function wrap(key_id: string): Promise<Record<string, unknown>> {
  const fields = { plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  const { json } = await app.call('EncryptDatakey', { key_id, ...fields })
  return { key_id, cipher_text: json['cipher_text'], datakey_cipher_length: '64' }
}

/** A token whose calls of one name fail. */
function tokensFailing(call: 'destroyKey' | 'generateKey'): DueWorkParts['tokens'] {
  const hsm: Hsm = Object.create(app.service.hsm, {
    [call]: { value: () => Promise.reject(new HsmError('unavailable', 'The token is gone.')) },
  }) as Hsm
  const { tokens } = app.service
  return { ...tokens, of: async (id) => ({ ...(await tokens.of(id)), hsm }) }
}

/** A store that dies at the n-th change. */
function keysDyingAt(change: number): KeyStore {
  let changes = 0
  const { keys } = app.service
  return {
    ...keys,
    replace: (...args) =>
      ++changes === change
        ? Promise.reject(new StoreUnavailable('The database is gone.'))
        : keys.replace(...args),
  }
}

describe('destruction', () => {
  test('is done at its time and not before; a tombstone tells of it', async () => {
    const { key_id, dueAt } = await scheduled()
    const frame = await wrap(await app.createCmk())
    await app.call('CreateAlias', { key_id, alias: 'alias/doomed' })
    expect(await work(dueAt - 1)).toEqual([])
    expect(await onToken(key_id)).toBe(1)
    expect(await work(dueAt)).toEqual([`destruction ${key_id} 1`])
    expect(await onToken(key_id)).toBe(0)
    expect(await cmkOf(key_id)).toMatchObject({ destroyedAt: dueAt, materialGone: true })
    const day = new Date(dueAt).toISOString().slice(0, 10)
    const refused = await app.call('DecryptDatakey', { ...frame, key_id })
    expect(expectError(refused, 'KMS.0207')).toContain(day)
    for (const name of ['CancelKeyDeletion', 'EnableKey', 'ListKeyDetail']) {
      expectError(await app.call(name, { key_id }), 'KMS.0207')
    }
    const { json } = await app.call('ListKeys', {})
    expect(json['keys']).not.toContain(key_id)
    expect(await work(dueAt + 400 * DAY_MS)).toEqual([])
  })

  test('takes every version', async () => {
    const key_id = await app.createCmk()
    await app.call('RotateOnDemand', { key_id })
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    const { deletionAt = NaN } = await cmkOf(key_id)
    expect(await work(deletionAt)).toEqual([`destruction ${key_id} 1,2`])
    expect(await onToken(key_id)).toBe(0)
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
    expect(await work(dueAt, { keys: late })).toEqual([])
    expect(await cmkOf(key_id)).toMatchObject({ state: '3', destroyedAt: undefined })
    expect(await onToken(key_id)).toBe(1)
    expect((await app.call('EnableKey', { key_id })).status).toBe(200)
  })

  test('that dies between its steps is ended later; nobody can cancel it then', async () => {
    const { key_id, dueAt } = await scheduled()
    const failing = { tokens: tokensFailing('destroyKey') }
    expect(await work(dueAt, failing)).toEqual([`destruction ${key_id} failed`])
    expect(await cmkOf(key_id)).toMatchObject({ destroyedAt: dueAt, materialGone: false })
    expectError(await app.call('CancelKeyDeletion', { key_id }), 'KMS.0207')
    expect(await onToken(key_id)).toBe(1)
    const dying = { keys: keysDyingAt(1) }
    expect(await work(dueAt + LATER_MS, dying)).toEqual([`destruction ${key_id} failed`])
    expect(await onToken(key_id)).toBe(0)
    // The clock may be in doubt: this was decided before.
    expect(await work(dueAt + 2 * LATER_MS, { mayDestroy: false })).toEqual([
      `destruction ${key_id} 1`,
    ])
    expect((await cmkOf(key_id)).materialGone).toBe(true)
  })

  test('waits while the clock is in doubt; other work does not', async () => {
    const { key_id, dueAt } = await scheduled()
    const rotating = await app.createCmk()
    await app.call('EnableKeyRotation', { key_id: rotating })
    const now = dueAt + 400 * DAY_MS
    const events = await work(now, { mayDestroy: false })
    expect([...events].sort()).toEqual(
      [`destruction ${key_id} held`, `rotation ${rotating} 2`].sort(),
    )
    expect(await onToken(key_id)).toBe(1)
    expect(await work(now + LATER_MS)).toEqual([`destruction ${key_id} 1`])
  })

  test('of one key that fails keeps no other from it', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, scheduled))
    const [bad] = all
    const { tokens, hsm } = app.service
    const broken = Object.create(hsm, {
      destroyKey: {
        value: (key: Parameters<Hsm['destroyKey']>[0]) =>
          key.keyId === bad?.key_id
            ? Promise.reject(new HsmError('fault', 'The token is odd.'))
            : hsm.destroyKey(key),
      },
    }) as Hsm
    const now = Math.max(...all.map(({ dueAt }) => dueAt))
    const odd = { ...tokens, of: async (id: string) => ({ ...(await tokens.of(id)), hsm: broken }) }
    const events = await work(now, { tokens: odd })
    expect(events).toHaveLength(5)
    expect(events.filter((event) => event.endsWith('failed'))).toEqual([
      `destruction ${String(bad?.key_id)} failed`,
    ])
    // Claimed, so not at once again.
    expect(await work(now + 1)).toEqual([])
    expect(await work(now + LATER_MS)).toEqual([`destruction ${String(bad?.key_id)} 1`])
  })
})

describe('rotation', () => {
  async function rotating(): Promise<{ readonly key_id: string; readonly dueAt: number }> {
    const key_id = await app.createCmk()
    await app.call('EnableKeyRotation', { key_id })
    return { key_id, dueAt: (await cmkOf(key_id)).rotation.nextAt ?? NaN }
  }

  test('makes a version at its time, and the next one an interval later', async () => {
    const { key_id, dueAt } = await rotating()
    const frame = await wrap(key_id)
    expect(await work(dueAt - 1)).toEqual([])
    expect(await work(dueAt)).toEqual([`rotation ${key_id} 2`])
    expect(await work(dueAt + LATER_MS)).toEqual([])
    expect((await cmkOf(key_id)).rotation).toEqual({
      enabled: true,
      intervalDays: 365,
      lastAt: dueAt,
      nextAt: dueAt + 365 * DAY_MS,
      count: 1,
    })
    expect((await app.call('DecryptDatakey', frame)).status).toBe(200)
    expect(await work(dueAt + 365 * DAY_MS)).toEqual([`rotation ${key_id} 3`])
    await app.call('DisableKeyRotation', { key_id })
  })

  test('passes over keys that are disabled or to be deleted, and catches up', async () => {
    const [disabled, pending] = [await rotating(), await rotating()]
    await app.call('DisableKey', { key_id: disabled.key_id })
    await app.call('DeleteKey', { key_id: pending.key_id, pending_days: '1096' })
    const now = Math.max(disabled.dueAt, pending.dueAt)
    expect(await work(now)).toEqual([])
    await app.call('EnableKey', { key_id: disabled.key_id })
    expect(await work(now)).toEqual([`rotation ${disabled.key_id} 2`])
    await app.call('CancelKeyDeletion', { key_id: pending.key_id })
    await app.call('EnableKey', { key_id: pending.key_id })
    expect(await work(now)).toEqual([`rotation ${pending.key_id} 2`])
    for (const { key_id } of [disabled, pending]) await app.call('DisableKeyRotation', { key_id })
  })

  test.each([1, 2])('that dies at change %d is made again once', async (change) => {
    const { key_id, dueAt } = await rotating()
    const dying = { keys: keysDyingAt(change) }
    expect(await work(dueAt, dying)).toEqual([`rotation ${key_id} failed`])
    expect((await cmkOf(key_id)).currentVersion).toBe(1)
    expect((await app.call('DecryptDatakey', await wrap(key_id))).status).toBe(200)
    expect(await work(dueAt + LATER_MS)).toHaveLength(1)
    expect(await work(dueAt + 2 * LATER_MS)).toEqual([])
    expect((await cmkOf(key_id)).rotation.count).toBe(1)
    expect((await app.call('DecryptDatakey', await wrap(key_id))).status).toBe(200)
    await app.call('DisableKeyRotation', { key_id })
    // Whatever the first attempt left on the token goes with the key.
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    await work((await cmkOf(key_id)).deletionAt ?? NaN)
    expect(await onToken(key_id)).toBe(0)
  })

  test('that is switched off while it goes on does not happen', async () => {
    const { key_id, dueAt } = await rotating()
    const { tokens } = app.service
    const slow = {
      ...tokens,
      async of(id: string) {
        await app.call('DisableKeyRotation', { key_id })
        return tokens.of(id)
      },
    }
    expect(await work(dueAt, { tokens: slow })).toEqual([])
    expect(await cmkOf(key_id)).toMatchObject({ currentVersion: 1, rotation: { count: 0 } })
    expect(await onToken(key_id)).toBe(1)
  })
})

describe('lapse of imported material', () => {
  test('destroys it at its time; the key awaits the same material again', async () => {
    const secret = randomBytes(32)
    const key_id = await createExternal(app.call)
    const at = Math.floor(Date.now() / 1000) + 3600
    await importSecretInto(app.call, key_id, secret, { expiration_time: at })
    const frame = await wrap(key_id)
    expect(await work(at * 1000 - 1)).toEqual([])
    expect(await work(at * 1000)).toEqual([`lapse ${key_id} 1`])
    expect(await onToken(key_id)).toBe(0)
    expect(await cmkOf(key_id)).toMatchObject({ state: '5', materialExpiresAt: undefined })
    expect(await work(at * 1000 + LATER_MS)).toEqual([])
    expectError(await importSecretInto(app.call, key_id, randomBytes(32)), 'KMS.2606')
    expect((await importSecretInto(app.call, key_id, secret)).status).toBe(200)
    expect((await app.call('DecryptDatakey', frame)).status).toBe(200)
  })

  test('that dies between its steps leaves the key out of use, and is ended later', async () => {
    const secret = randomBytes(32)
    const key_id = await createExternal(app.call)
    await importSecretInto(app.call, key_id, secret)
    const { hsm } = app.service
    const destroyKey = hsm.destroyKey.bind(hsm)
    Object.assign(hsm, {
      destroyKey: () => Promise.reject(new HsmError('unavailable', 'The token is gone.')),
    })
    const failed = await app.call('DeleteImportedKeyMaterial', { key_id })
    Object.assign(hsm, { destroyKey })
    expectError(failed, 'KMS.0104')
    expect((await cmkOf(key_id)).state).toBe('5')
    // The object may go at any moment, so nothing is built on it.
    expectError(await importSecretInto(app.call, key_id, secret), 'KMS.0310')
    expect(await work(Date.now())).toEqual([`lapse ${key_id} 1`])
    expect(await onToken(key_id)).toBe(0)
    expect((await importSecretInto(app.call, key_id, secret)).status).toBe(200)
  })

  test('of a waiting material leaves the key enabled', async () => {
    const key_id = await createExternal(app.call)
    await importSecretInto(app.call, key_id, randomBytes(32))
    const at = Math.floor(Date.now() / 1000) + 3600
    await importSecretInto(app.call, key_id, randomBytes(32), { expiration_time: at })
    expect(await work(at * 1000)).toEqual([`lapse ${key_id} 2`])
    expect(await cmkOf(key_id)).toMatchObject({ state: '2', materialExpiresAt: undefined })
    expectError(await app.call('RotateOnDemand', { key_id }), 'KMS.0312')
    const third = await importSecretInto(app.call, key_id, randomBytes(32))
    expect(third.status).toBe(200)
    expect((await app.call('RotateOnDemand', { key_id })).status).toBe(200)
    expect((await cmkOf(key_id)).currentVersion).toBe(3)
  })

  test('of a key that is to be deleted leaves it so; cancelled, it awaits import', async () => {
    const key_id = await createExternal(app.call)
    const at = Math.floor(Date.now() / 1000) + 3600
    await importSecretInto(app.call, key_id, randomBytes(32), { expiration_time: at })
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    expect(await work(at * 1000)).toEqual([`lapse ${key_id} 1`])
    expect((await cmkOf(key_id)).state).toBe('4')
    const { json } = await app.call('CancelKeyDeletion', { key_id })
    expect(json['key_state']).toBe('5')
  })
})

test('import pairs are destroyed when they expire', async () => {
  const key_id = await createExternal(app.call)
  await parametersFor(app.call, key_id)
  const { id } = await cmkOf(key_id)
  const pair = await app.service.importPairs.newest(id)
  if (!pair) throw new Error('There is no pair.')
  const failing = { tokens: tokensFailing('destroyKey') }
  expect(await work(pair.expiresAt, failing)).toContain(`import-pair ${key_id} failed`)
  expect(await work(pair.expiresAt - 1)).not.toContain(`import-pair ${key_id} `)
  expect(await work(pair.expiresAt)).toContain(`import-pair ${key_id} `)
  expect(await app.service.importPairs.newest(id)).toBeUndefined()
  await expect(app.service.hsm.publicKey(pair.key)).rejects.toMatchObject({
    failure: 'key-missing',
  })
})

test('more than a batch is done in one run', async () => {
  const all = await Promise.all(Array.from({ length: 45 }, scheduled))
  const events = await work(Math.max(...all.map(({ dueAt }) => dueAt)))
  expect(events).toHaveLength(45)
})
