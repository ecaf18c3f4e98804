import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseKeyId } from '../../src/core/ids.js'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { createExternal, importSecretInto } from '../support/wrapped-material.js'

const DAY_MS = 86_400_000

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

async function details(key_id: string): Promise<Record<string, unknown>> {
  const { json } = await app.call('ListKeyDetail', { key_id })
  return json['key_info'] as Record<string, unknown>
}

describe('DeleteKey', () => {
  test.each([7, '7', 1096, '1096'])('waits for %j days', async (pending_days) => {
    const key_id = await app.createCmk()
    const before = Date.now()
    const reply = await app.call('DeleteKey', { key_id, pending_days })
    expect(reply.json).toEqual({ key_id, key_state: '4' })
    const { key_state, scheduled_deletion_date } = await details(key_id)
    expect(key_state).toBe('4')
    const at = Number(scheduled_deletion_date) - Number(pending_days) * DAY_MS
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
  })

  test.each([6, 1097, 0, -7, 7.5, '6', '1097', '', '7.0', ' 7', '0x7', '9'.repeat(40), true])(
    'does not wait for %j days',
    async (pending_days) => {
      const key_id = await app.createCmk()
      expectError(await app.call('DeleteKey', { key_id, pending_days }), 'KMS.1401')
      expect((await details(key_id))['key_state']).toBe('2')
    },
  )

  test('takes disabled keys and keys without material, but none twice', async () => {
    const disabled = await app.createCmk()
    await app.call('DisableKey', { key_id: disabled })
    const empty = await createExternal(app)
    for (const key_id of [disabled, empty]) {
      const reply = await app.call('DeleteKey', { key_id, pending_days: '7' })
      expect(reply.json).toEqual({ key_id, key_state: '4' })
      expectError(await app.call('DeleteKey', { key_id, pending_days: '8' }), 'KMS.1402')
    }
  })

  test('wants both fields', async () => {
    const key_id = await app.createCmk()
    expectError(await app.call('DeleteKey', { key_id }), 'KMS.0204')
    expectError(await app.call('DeleteKey', { pending_days: '7' }), 'KMS.0204')
  })

  test('six at once schedule one deletion', async () => {
    const key_id = await app.createCmk()
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => app.call('DeleteKey', { key_id, pending_days: 7 })),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.1402')
  })
})

describe('CancelKeyDeletion', () => {
  test('brings a key back disabled, once', async () => {
    const key_id = await app.createCmk()
    expectError(await app.call('CancelKeyDeletion', { key_id }), 'KMS.1501')
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    const reply = await app.call('CancelKeyDeletion', { key_id })
    expect(reply.json).toEqual({ key_id, key_state: '3' })
    expect(await details(key_id)).toMatchObject({ key_state: '3', scheduled_deletion_date: '' })
    expectError(await app.call('CancelKeyDeletion', { key_id }), 'KMS.1501')
    expect((await app.call('EnableKey', { key_id })).status).toBe(200)
  })

  test('brings an external key back to where its material leaves it', async () => {
    const key_id = await createExternal(app)
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    const empty = await app.call('CancelKeyDeletion', { key_id })
    expect(empty.json).toEqual({ key_id, key_state: '5' })
    expect((await importSecretInto(app, key_id, Buffer.alloc(32, 7))).json).toEqual({})
    await app.call('DeleteKey', { key_id, pending_days: '7' })
    const full = await app.call('CancelKeyDeletion', { key_id })
    expect(full.json).toEqual({ key_id, key_state: '3' })
  })
})

describe('a key of another tenant', () => {
  test.each([
    ['DeleteKey', { pending_days: '7' }],
    ['CancelKeyDeletion', {}],
    ['UpdateKeyAlias', { key_alias: 'stolen' }],
    ['UpdateKeyDescription', { key_description: 'stolen' }],
    ['EnableKeyRotation', {}],
    ['DisableKeyRotation', {}],
    ['UpdateKeyRotationInterval', { rotation_interval: 30 }],
    ['ShowKeyRotationStatus', {}],
    ['RotateOnDemand', {}],
    ['CreateParametersForImport', { wrapping_algorithm: 'RSAES_OAEP_SHA_256' }],
    [
      'ImportKeyMaterial',
      { import_token: 'A'.repeat(216), encrypted_key_material: 'A'.repeat(344) },
    ],
    ['DeleteImportedKeyMaterial', {}],
  ] as const)('%s does not find it', async (name, fields) => {
    const key_id = await app.createCmk()
    const id = parseKeyId(key_id)
    const before = id && (await app.service.keys.findAnywhere(id))
    const other = { project: OTHER_PROJECT }
    expectError(await app.call(name, { key_id, ...fields }, other), 'KMS.0207')
    expect(id && (await app.service.keys.findAnywhere(id))).toEqual(before)
    // Calls that manage a key name it by its id alone.
    expectError(await app.call(name, { key_id: 'alias/key', ...fields }), 'KMS.0205')
    expectError(await app.call(name, { key_id: 7, ...fields }), 'KMS.0205')
    expectError(await app.call(name, fields), 'KMS.0204')
  })
})
