import { createHash, randomUUID } from 'node:crypto'
import type { AnyOperation } from '../../src/operations/operation.js'
import { CRYPTO_SAMPLES } from './sample-crypto.js'
import { DIRECTORY_SAMPLES } from './sample-directory.js'
import { KEY_SPACE_SAMPLES } from './sample-key-space.js'
import { LIFE_CYCLE_SAMPLES } from './sample-life-cycle.js'
import type { TestApp } from './start-app.js'

/** A DEK of 64 bytes with its digest, as `plain_text` carries it. */
export const PLAIN_TEXT = digested(Buffer.alloc(64, 0x5a))

/** Hexadecimal of a DEK and its SHA-256, with the blank between them that the published example has. */
export function digested(dek: Uint8Array): string {
  const digest = createHash('sha256').update(dek).digest('hex')
  return `${Buffer.from(dek).toString('hex')} ${digest}`
}

/** Makes a published example good: puts keys and ciphertext into it that exist. */
export type Preparation = (
  app: TestApp,
  example: Readonly<Record<string, unknown>>,
) => Promise<Record<string, unknown>>

/** Operations whose example needs more than a symmetric key, by name. */
const PREPARATIONS: Readonly<Record<string, Preparation>> = {
  ...CRYPTO_SAMPLES,
  ...DIRECTORY_SAMPLES,
  ...KEY_SPACE_SAMPLES,
  ...LIFE_CYCLE_SAMPLES,
}

/** A body that an operation accepts: its published example with a key and a ciphertext that exist. */
export async function sampleBody(
  app: TestApp,
  operation: AnyOperation,
): Promise<Record<string, unknown>> {
  const body = { ...(operation.example.request as Record<string, unknown>) }
  const prepare = PREPARATIONS[operation.name]
  if (prepare) return prepare(app, body)
  if ('key_alias' in body) body['key_alias'] = randomUUID()
  if ('plain_text' in body) body['plain_text'] = PLAIN_TEXT
  if (!('key_id' in body)) return body
  const key_id = await app.createCmk()
  if ('cipher_text' in body) {
    const request = { key_id, plain_text: PLAIN_TEXT, datakey_plain_length: '64' }
    body['cipher_text'] = (await app.call('EncryptDatakey', request)).json['cipher_text']
  }
  if (operation.name === 'EnableKey') await app.call('DisableKey', { key_id })
  return { ...body, key_id }
}
