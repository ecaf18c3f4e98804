import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import type { Reply } from '../http/client.js'
import { expectError } from '../http/expect-error.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { cmkOf, expectOpens, objectsOf, versionsOf, wrapSample } from '../support/stored-keys.js'
import {
  createExternal,
  importSecretInto,
  parametersFor,
  wrapMaterial,
} from '../support/wrapped-material.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

describe('imports at once', () => {
  test('of the same material: one wins, and its object stays', async () => {
    const key_id = await createExternal(app)
    const secret = randomBytes(32)
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => importSecretInto(app, key_id, secret)),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.0310')
    await expectOpens(app, await wrapSample(app, key_id))
    await expectMaterialOnToken(key_id)
  })

  test('of different materials: what the key encrypts with is what its version names', async () => {
    const key_id = await createExternal(app)
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => importSecretInto(app, key_id, randomBytes(32))),
    )
    // The first one enables the key, and one that comes then may wait for the next rotation.
    const won = replies.filter(({ status }) => status === 200).length
    expect([1, 2]).toContain(won)
    for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.0310')
    await expectOpens(app, await wrapSample(app, key_id))
    await expectMaterialOnToken(key_id)
    expect(await objectsOf(app, key_id)).toHaveLength(won)
  })

  test('of which one ends between two looks of the other: both count', async () => {
    const key_id = await createExternal(app)
    const { keys } = app.service
    const versions = keys.versions.bind(keys)
    let first: Promise<Reply> | undefined
    Object.assign(keys, {
      async versions(id: Parameters<typeof versions>[0]) {
        if (!first) {
          first = importSecretInto(app, key_id, randomBytes(32))
          await first
        }
        return versions(id)
      },
    })
    try {
      const second = await importSecretInto(app, key_id, randomBytes(32))
      expect([(await first)?.json, second.json]).toEqual([{}, {}])
    } finally {
      Object.assign(keys, { versions })
    }
    expect((await versionsOf(app, key_id)).map(({ use }) => use)).toEqual(['in-use', 'waiting'])
  })

  test('with the scheduling of the deletion: nothing is left that the key does not name', async () => {
    const key_id = await createExternal(app)
    const secret = randomBytes(32)
    const parameters = await parametersFor(app, key_id)
    const encrypted_key_material = wrapMaterial(parameters.public_key, secret)
    const body = { key_id, import_token: parameters.import_token, encrypted_key_material }
    const [reply] = await Promise.all([
      app.call('ImportKeyMaterial', body),
      app.call('DeleteKey', { key_id, pending_days: '7' }),
    ])
    if (reply.status !== 200) expectError(reply, 'KMS.0310')
    expect((await cmkOf(app, key_id)).state).toBe('4')
    const present = (await versionsOf(app, key_id)).filter((version) => version.present)
    expect(await objectsOf(app, key_id)).toHaveLength(present.length)
    const { json } = await app.call('CancelKeyDeletion', { key_id })
    expect(json['key_state']).toBe(present.length > 0 ? '3' : '5')
  })
})

test('an import that dies between its steps is ended by the next one', async () => {
  for (const dying of ['second importSecret', 'replace'] as const) {
    const secret = randomBytes(32)
    const key_id = await createExternal(app)
    const parameters = await parametersFor(app, key_id)
    const encrypted_key_material = wrapMaterial(parameters.public_key, secret)
    const body = { key_id, import_token: parameters.import_token, encrypted_key_material }
    const undo = dieAt(dying)
    const died = await app.call('ImportKeyMaterial', body)
    undo()
    expectError(died, 'KMS.0104')
    expect((await cmkOf(app, key_id)).state).toBe('5')
    expect((await app.call('ImportKeyMaterial', body)).json).toEqual({})
    expect(await objectsOf(app, key_id)).toEqual([`cmk/${key_id}/1`])
    await expectOpens(app, await wrapSample(app, key_id))
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
  for (const { key, checkValue } of (await versionsOf(app, key_id)).filter(
    ({ present }) => present,
  )) {
    const seen = await hsm.checkValue({ key, kind: 'wrapping' })
    expect(Buffer.from(seen).equals(checkValue)).toBe(true)
  }
}
