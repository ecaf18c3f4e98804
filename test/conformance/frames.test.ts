import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from 'typebox'
import { contextBytes } from '../../src/core/context-bytes.js'
import type { Hsm } from '../../src/core/hsm.js'
import { type KeyId, parseKeyId } from '../../src/core/ids.js'
import { type Sealing, sealDatakey } from '../../src/core/seal.js'
import { createMemoryHsm } from '../support/memory-hsm.js'
import { bindingKeysOf, openBytes } from '../support/memory-sealing.js'

const Hexadecimal = Type.String({ pattern: '^([0-9a-fA-F]{2})+$' })

const Vectors = Type.Object({
  wrappingKeys: Type.Array(
    Type.Object({ keyId: Type.String(), version: Type.Integer(), value: Hexadecimal }),
  ),
  bindingKeys: Type.Array(
    Type.Object({ keyId: Type.String(), generation: Type.Integer(), value: Hexadecimal }),
  ),
  frames: Type.Array(
    Type.Object({
      name: Type.String(),
      keyId: Type.String(),
      keyVersion: Type.Integer(),
      bindingGeneration: Type.Integer(),
      encryptionContext: Type.Optional(Type.Record(Type.String(), Type.String())),
      additionalAuthenticatedData: Type.Optional(Type.String()),
      contextBytes: Hexadecimal,
      wrappedAs: Type.Enum(['zero-padded', 'exact']),
      dek: Hexadecimal,
      frame: Hexadecimal,
    }),
    { minItems: 14 },
  ),
})

const { wrappingKeys, bindingKeys, frames } = read()
let hsm: Hsm

beforeAll(() => {
  hsm = createMemoryHsm({
    keys: [
      ...wrappingKeys.map(({ keyId, version, value }) => ({
        key: { keyId: idOf(keyId), version },
        kind: 'wrapping' as const,
        label: 'test/wrapping',
        value: bytes(value),
      })),
      ...bindingKeys.map(({ keyId, generation, value }) => ({
        key: { keyId: idOf(keyId), version: generation },
        kind: 'binding' as const,
        label: 'test/binding',
        value: bytes(value),
      })),
    ],
  })
})
afterAll(() => hsm.close())

describe.each(frames)('the frame of $name', (vector) => {
  const keyId = idOf(vector.keyId)
  const context = bytes(vector.contextBytes)

  test('has the context bytes of its context', () => {
    const { encryptionContext: map, additionalAuthenticatedData: text } = vector
    expect(hex(contextBytes({ map, text }))).toBe(vector.contextBytes)
  })

  test('opens', async () => {
    const request = { keyId, bytes: bytes(vector.frame), context }
    expect(hex(await openBytes(sealing(), request))).toBe(vector.dek)
  })

  const sealsAgain = vector.wrappedAs === 'zero-padded'
  test(`is ${sealsAgain ? '' : 'not '}what sealing gives again`, async () => {
    const again = await sealDatakey(sealing(vector.bindingGeneration), {
      key: { keyId, version: vector.keyVersion },
      dek: bytes(vector.dek),
      context,
    })
    expect(again).toHaveLength(vector.frame.length / 2)
    expect(hex(again).toUpperCase() === vector.frame).toBe(sealsAgain)
  })

  test('does not open in another context', async () => {
    const other = { keyId, bytes: bytes(vector.frame), context: Uint8Array.of(2, 0x21) }
    await expect(openBytes(sealing(), other)).rejects.toMatchObject({ code: 'KMS.2201' })
  })
})

function sealing(current?: number): Sealing {
  const all = bindingKeys.map(({ keyId, generation }) => ({
    keyId: idOf(keyId),
    version: generation,
  }))
  return {
    hsm,
    bindingKeys: bindingKeysOf(
      // The last one makes the tags.
      all.toSorted(
        (one, other) => Number(one.version === current) - Number(other.version === current),
      ),
    ),
  }
}

function read(): Static<typeof Vectors> {
  const file = new URL('../../../test/conformance/frames.json', import.meta.url)
  const vectors: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const ajv = new Ajv2020()
  if (!ajv.validate(Vectors, vectors)) throw new Error(`frames.json: ${ajv.errorsText()}`)
  return vectors as Static<typeof Vectors>
}

function idOf(text: string): KeyId {
  const keyId = parseKeyId(text)
  if (!keyId) throw new Error('frames.json holds a key id that is none.')
  return keyId
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'hex')
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}
