import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

async function details(key_id: string): Promise<unknown> {
  return (await app.call('ListKeyDetail', { key_id })).json['key_info']
}

describe('UpdateKeyAlias', () => {
  test('renames a key, enabled or disabled', async () => {
    const key_id = await app.createCmk()
    const reply = await app.call('UpdateKeyAlias', { key_id, key_alias: 'A:b/c_d-1' })
    expect(reply.json).toEqual({ key_info: { key_id, key_alias: 'A:b/c_d-1' } })
    expect(await details(key_id)).toMatchObject({ key_alias: 'A:b/c_d-1', key_state: '2' })
    await app.call('DisableKey', { key_id })
    expect((await app.call('UpdateKeyAlias', { key_id, key_alias: 'b' })).status).toBe(200)
    expect(await details(key_id)).toMatchObject({ key_alias: 'b', key_state: '3' })
  })

  test('gives the old name free, and takes none that is in use', async () => {
    const [first, second] = [await app.createCmk(), await app.createCmk()]
    await app.call('UpdateKeyAlias', { key_id: first, key_alias: 'taken' })
    const refused = await app.call('UpdateKeyAlias', { key_id: second, key_alias: 'taken' })
    expectError(refused, 'KMS.1104')
    const same = await app.call('UpdateKeyAlias', { key_id: first, key_alias: 'taken' })
    expect(same.status).toBe(200)
    await app.call('UpdateKeyAlias', { key_id: first, key_alias: 'other' })
    const free = await app.call('UpdateKeyAlias', { key_id: second, key_alias: 'taken' })
    expect(free.status).toBe(200)
    // Another project has names of its own.
    const project = { project: OTHER_PROJECT }
    expect((await app.call('CreateKey', { key_alias: 'taken' }, project)).status).toBe(200)
  })

  test.each(['', 'a b', 'ä', 'x'.repeat(256), 'obs/default', '/default', 'a\n', 7])(
    'refuses the name %j',
    async (key_alias) => {
      const key_id = await app.createCmk()
      expectError(await app.call('UpdateKeyAlias', { key_id, key_alias }), 'KMS.1101')
      expectError(await app.call('CreateKey', { key_alias }), 'KMS.1101')
    },
  )

  test('takes the longest name', async () => {
    const key_id = await app.createCmk()
    const key_alias = 'x'.repeat(255)
    expect((await app.call('UpdateKeyAlias', { key_id, key_alias })).status).toBe(200)
  })
})

describe('UpdateKeyDescription', () => {
  test.each(['', 'x'.repeat(255), 'Größe ✓ 鑰匙 🔑'])('describes a key as %j', async (text) => {
    const key_id = await app.createCmk()
    const reply = await app.call('UpdateKeyDescription', { key_id, key_description: text })
    expect(reply.json).toEqual({ key_info: { key_id, key_description: text } })
    expect(await details(key_id)).toMatchObject({ key_description: text })
  })

  test.each(['x'.repeat(256), '\0', '\ud800', 7])('refuses %j', async (key_description) => {
    const key_id = await app.createCmk()
    expectError(await app.call('UpdateKeyDescription', { key_id, key_description }), 'KMS.1103')
  })
})

test('a key that is scheduled for deletion is neither renamed nor described', async () => {
  const key_id = await app.createCmk()
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  expectError(await app.call('UpdateKeyAlias', { key_id, key_alias: 'late' }), 'KMS.0210')
  expectError(await app.call('UpdateKeyDescription', { key_id, key_description: '' }), 'KMS.0210')
})
