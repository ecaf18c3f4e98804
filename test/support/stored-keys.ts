import { expect } from '@jest/globals'
import type { Cmk, KeyVersion } from '../../src/core/cmk.js'
import { parseKeyId } from '../../src/core/ids.js'
import { PLAIN_TEXT } from '../http/sample-body.js'
import type { TestApp } from '../http/start-app.js'

/** The stored row of a key. */
export async function cmkOf({ service }: TestApp, key_id: string): Promise<Cmk> {
  const id = parseKeyId(key_id)
  const cmk = id && (await service.keys.findAnywhere(id))
  if (!cmk) throw new Error('The key was not stored.')
  return cmk
}

/** The stored versions of a key. */
export async function versionsOf(app: TestApp, key_id: string): Promise<readonly KeyVersion[]> {
  return app.service.keys.versions((await cmkOf(app, key_id)).id)
}

/** Labels of the objects of a key on the token. */
export async function objectsOf({ service }: TestApp, key_id: string): Promise<readonly string[]> {
  const objects = await service.hsm.inspectKeys()
  return objects.map(({ label }) => label).filter((label) => label.startsWith(`cmk/${key_id}/`))
}

/** Wraps the sample DEK under a key, and returns the request that unwraps it. */
export async function wrapSample(app: TestApp, key_id: string): Promise<Record<string, unknown>> {
  const fields = { plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
  const { json } = await app.call('EncryptDatakey', { key_id, ...fields })
  return { key_id, cipher_text: json['cipher_text'], datakey_cipher_length: '64' }
}

/** Expects that a frame of {@link wrapSample} opens to what was wrapped. */
export async function expectOpens(app: TestApp, frame: Record<string, unknown>): Promise<void> {
  const { json } = await app.call('DecryptDatakey', frame)
  expect(json['data_key']).toBe(PLAIN_TEXT.slice(0, 128).toUpperCase())
}

/** The key version that a frame of {@link wrapSample} names. */
export function versionIn({ cipher_text }: Record<string, unknown>): number {
  return Buffer.from(String(cipher_text), 'hex').readUInt32LE(8)
}
