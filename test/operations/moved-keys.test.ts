import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import type { Hsm } from '../../src/core/hsm.js'
import type { Token } from '../../src/core/keystore.js'
import { rotateToFreshVersion } from '../../src/core/rotate-cmk.js'
import { parseKeyId } from '../../src/core/ids.js'
import { expectError } from '../http/expect-error.js'
import type { TestApp } from '../http/start-app.js'
import { workOn } from '../support/due-work.js'
import { type MovingApp, startMovingApp } from '../support/moving-tokens.js'
import { createExternal, importSecretInto, parametersFor } from '../support/wrapped-material.js'

let moving: MovingApp
let app: TestApp

beforeEach(async () => {
  moving = await startMovingApp()
  app = moving.app
})
afterEach(() => moving.close())

async function cmkOf(keyId: string) {
  const id = parseKeyId(keyId)
  const cmk = id && (await app.database.keys.findAnywhere(id))
  if (!cmk) throw new Error('There is no such key.')
  return cmk
}

async function wrap(key_id: string): Promise<object> {
  const { json } = await app.call('CreateDatakeyWithoutPlaintext', { key_id })
  return { key_id, cipher_text: json['cipher_text'], datakey_cipher_length: '32' }
}

async function expectOpens(frame: object): Promise<void> {
  expect((await app.call('DecryptDatakey', frame)).status).toBe(200)
}

async function labelsOn(hsm: MovingApp['old'], keyId: string): Promise<readonly string[]> {
  const labels = (await hsm.inspectKeys()).map(({ label }) => label)
  return labels.filter((label) => label.startsWith(`cmk/${keyId}/`)).sort()
}

test('a rotation of any kind puts the new version on the new token', async () => {
  const key_id = await app.createCmk()
  const frame = await wrap(key_id)
  await moving.move()
  await app.call('RotateOnDemand', { key_id })
  expect(await cmkOf(key_id)).toMatchObject({
    currentVersion: 2,
    homes: [
      { home: 1, since: 1 },
      { home: 2, since: 2 },
    ],
  })
  expect(await labelsOn(moving.young, key_id)).toEqual([`cmk/${key_id}/2`])
  expect(await labelsOn(moving.old, key_id)).toEqual([`cmk/${key_id}/1`])
  await expectOpens(frame)
  await expectOpens(await wrap(key_id))
  await app.call('EnableKeyRotation', { key_id })
  const { rotation } = await cmkOf(key_id)
  expect(await workOn(app, rotation.nextAt ?? NaN)).toContain(`rotation ${key_id} 3`)
  expect(await labelsOn(moving.young, key_id)).toHaveLength(2)
})

test('the audit log names the version that a call used', async () => {
  const key_id = await app.createCmk()
  const frame = await wrap(key_id)
  await moving.move()
  await app.call('RotateOnDemand', { key_id })
  await expectOpens(frame)
  await wrap(key_id)
  await app.call('ReEncrypt', {
    cipher_text: (frame as { cipher_text: string }).cipher_text,
    destination_key_id: key_id,
    datakey_cipher_length: '32',
  })
  const used = app.audit.events.map(({ operation, keyVersion }) => [operation, keyVersion])
  expect(used.slice(-3)).toEqual([
    ['DecryptDatakey', 1],
    ['CreateDatakeyWithoutPlaintext', 2],
    ['ReEncrypt', 2],
  ])
})

test('a version that a replica on the old token makes too late is not used, whatever its number', async () => {
  const key_id = await app.createCmk()
  const { keys, tokens } = app.service
  const cmk = await cmkOf(key_id)
  const before = await tokens.of('0')
  await moving.move()
  const after = await tokens.of('0')
  const [reserved, moved] = [gate(), gate()]
  function rotate(token: Token, meanwhile: () => Promise<unknown>) {
    const { hsm } = token
    const slow = Object.create(hsm, {
      generateKey: {
        async value(request: Parameters<Hsm['generateKey']>[0]) {
          await meanwhile()
          return hsm.generateKey(request)
        },
      },
      destroyKey: { value: (key: Parameters<Hsm['destroyKey']>[0]) => hsm.destroyKey(key) },
    }) as Hsm
    const slowTokens = { of: () => Promise.resolve({ ...token, hsm: slow }) }
    const parts = { keys, tokens: slowTokens, clock: Date.now }
    return rotateToFreshVersion(parts, cmk, { begin: itself, finish: itself })
  }
  let late: Promise<number | undefined> | undefined
  const early = rotate(after, () => {
    late = rotate(before, () => {
      reserved.open()
      return moved.opened
    })
    return reserved.opened
  })
  expect(await early).toBe(2)
  moved.open()
  expect(await late).toBeUndefined()
  expect(await cmkOf(key_id)).toMatchObject({ currentVersion: 2 })
  expect(await labelsOn(moving.old, key_id)).toEqual([`cmk/${key_id}/1`])
  expect(await labelsOn(moving.young, key_id)).toEqual([`cmk/${key_id}/2`])
})

function itself(cmk: Cmk): Cmk {
  return cmk
}

function gate(): { readonly opened: Promise<void>; open(this: void): void } {
  let open: (() => void) | undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open?.() }
}

test('a version on a token that is not there says so, and the others go on', async () => {
  const key_id = await app.createCmk()
  const frame = await wrap(key_id)
  await moving.move()
  await app.call('RotateOnDemand', { key_id })
  moving.lose('not-named')
  expectError(await app.call('DecryptDatakey', frame), 'KMS.0340')
  await expectOpens(await wrap(key_id))
  const other = await app.createCmk()
  await expectOpens(await wrap(other))
})

test('a key with versions on two tokens is destroyed on both', async () => {
  const key_id = await app.createCmk()
  await moving.move()
  await app.call('RotateOnDemand', { key_id })
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  const { deletionAt = NaN } = await cmkOf(key_id)
  expect(await workOn(app, deletionAt)).toContain(`destruction ${key_id} 1,2`)
  expect(await labelsOn(moving.young, key_id)).toEqual([])
  expect(await labelsOn(moving.old, key_id)).toEqual([])
})

test('a destruction waits for a token that is not there, and not for one that was retired', async () => {
  const key_id = await app.createCmk()
  await moving.move()
  await app.call('RotateOnDemand', { key_id })
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  const { deletionAt = NaN } = await cmkOf(key_id)
  moving.lose('not-named')
  expect(await workOn(app, deletionAt)).toContain(`destruction ${key_id} failed`)
  moving.lose('retired')
  expect(await workOn(app, deletionAt + 3 * 60_000)).toContain(`destruction ${key_id} 1,2`)
  expect(await labelsOn(moving.young, key_id)).toEqual([])
  expect((await cmkOf(key_id)).materialGone).toBe(true)
})

test('imported material stays where it was; new material, and a key that had none, go to the new token', async () => {
  const [used, unused] = [await createExternal(app), await createExternal(app)]
  const material = randomBytes(32)
  expect((await importSecretInto(app, used, material)).status).toBe(200)
  const frame = await wrap(used)
  await moving.move()
  await app.call('DeleteImportedKeyMaterial', { key_id: used })
  expect(await labelsOn(moving.old, used)).toEqual([])
  // What it has sealed is bound to a key of the old token.
  expect((await importSecretInto(app, used, material)).status).toBe(200)
  expect(await labelsOn(moving.old, used)).toEqual([`cmk/${used}/1`])
  await expectOpens(frame)
  expect((await importSecretInto(app, unused, randomBytes(32))).status).toBe(200)
  expect(await labelsOn(moving.young, unused)).toEqual([`cmk/${unused}/1`])
  expect((await cmkOf(unused)).homes).toEqual([{ home: 2, since: 1 }])
  expect((await importSecretInto(app, used, randomBytes(32))).status).toBe(200)
  expect((await app.call('RotateOnDemand', { key_id: used })).status).toBe(200)
  expect(await labelsOn(moving.young, used)).toEqual([`cmk/${used}/2`])
  await expectOpens(frame)
  await expectOpens(await wrap(used))
  const [first] = await app.database.keys.versionsElsewhere(2)
  expect(first?.key).toEqual({ keyId: used, version: 1 })
})

test('material that lapses is destroyed on the token that it is on, and import parameters are of one token', async () => {
  const key_id = await createExternal(app)
  const before = await parametersFor(app, key_id)
  const at = Math.floor(Date.now() / 1000) + 3600
  await importSecretInto(app, key_id, randomBytes(32), { expiration_time: at })
  await moving.move()
  expect(await workOn(app, at * 1000)).toContain(`lapse ${key_id} 1`)
  expect(await labelsOn(moving.old, key_id)).toEqual([])
  moving.lose('not-named')
  const parameters = { key_id, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
  expectError(await app.call('CreateParametersForImport', parameters), 'KMS.0340')
  const pairs = await app.database.importPairs.expired({
    now: Number.MAX_SAFE_INTEGER,
    limit: 9,
    homes: [1],
  })
  expect(pairs).toHaveLength(1)
  expect(before.import_token).not.toBe('')
  // The pair is left alone while its token is away.
  expect(await workOn(app, pairs[0]?.expiresAt ?? NaN)).toEqual([])
})
