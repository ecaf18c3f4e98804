import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from '../../src/packages/typebox.js'
import { contextBytes } from '../../src/core/context-bytes.js'
import type { Hsm } from '../../src/core/hsm.js'
import { type KeyId, parseKeyId } from '../../src/core/ids.js'
import { openText, readDataFrame, sealText } from '../../src/core/seal-data.js'
import { type Sealing, sealDatakey } from '../../src/core/seal.js'
import { createMemoryHsm } from '../support/memory-hsm.js'
import { bindingKeysOf, openBytes } from '../support/memory-sealing.js'

const Hexadecimal = Type.String({ pattern: '^([0-9a-fA-F]{2})+$' })

const Sample = {
  name: Type.String(),
  keyId: Type.String(),
  keyVersion: Type.Integer(),
  encryptionContext: Type.Optional(Type.Record(Type.String(), Type.String())),
  additionalAuthenticatedData: Type.Optional(Type.String()),
  contextBytes: Hexadecimal,
  frame: Hexadecimal,
}

const Vectors = Type.Object({
  wrappingKeys: Type.Array(
    Type.Object({ keyId: Type.String(), version: Type.Integer(), value: Hexadecimal }),
  ),
  bindingKeys: Type.Array(
    Type.Object({ keyId: Type.String(), generation: Type.Integer(), value: Hexadecimal }),
  ),
  frames: Type.Array(
    Type.Object({
      ...Sample,
      bindingGeneration: Type.Integer(),
      wrappedAs: Type.Enum(['zero-padded', 'exact']),
      dek: Hexadecimal,
    }),
    { minItems: 14 },
  ),
  pairFrames: Type.Array(
    Type.Object({ ...Sample, bindingGeneration: Type.Integer(), privateKey: Hexadecimal }),
    { minItems: 6 },
  ),
  textFrames: Type.Array(Type.Object({ ...Sample, text: Hexadecimal }), { minItems: 6 }),
})

const { wrappingKeys, bindingKeys, frames, pairFrames, textFrames } = read()
const OTHER_CONTEXT = Uint8Array.of(2, 0x21)
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
    const other = { keyId, bytes: bytes(vector.frame), context: OTHER_CONTEXT }
    await expect(openBytes(sealing(), other)).rejects.toMatchObject({ code: 'KMS.2201' })
  })
})

describe.each(pairFrames)('the pair frame of $name', (vector) => {
  const request = { keyId: idOf(vector.keyId), bytes: bytes(vector.frame) }

  test('opens', async () => {
    const context = givenContext(vector)
    expect(hex(await openBytes(sealing(), { ...request, context }))).toBe(vector.privateKey)
  })

  test('does not open in another context', async () => {
    const opening = openBytes(sealing(), { ...request, context: OTHER_CONTEXT })
    await expect(opening).rejects.toMatchObject({ code: 'KMS.2201' })
  })
})

describe.each(textFrames)('the data frame of $name', (vector) => {
  const key = { keyId: idOf(vector.keyId), version: vector.keyVersion }

  test('opens', async () => {
    const frame = readDataFrame(bytes(vector.frame))
    expect([frame.keyId, frame.keyVersion]).toEqual([key.keyId, key.version])
    const text = await openText(hsm, { key, frame, context: givenContext(vector) })
    expect(hex(text)).toBe(vector.text)
  })

  test('is as long as one that is sealed now, and does not open in another context', async () => {
    const text = Uint8Array.from(bytes(vector.text))
    const again = await sealText(hsm, { key, text, context: OTHER_CONTEXT })
    expect(again).toHaveLength(vector.frame.length / 2)
    expect(text.every((byte) => byte === 0)).toBe(true)
    const frame = readDataFrame(bytes(vector.frame))
    const opening = openText(hsm, { key, frame, context: OTHER_CONTEXT })
    await expect(opening).rejects.toMatchObject({ code: 'KMS.2201' })
  })
})

/** Bytes of the context of a vector, proven to be the ones that stand in it. */
function givenContext(vector: (typeof textFrames)[number] | (typeof pairFrames)[number]) {
  const { encryptionContext: map, additionalAuthenticatedData: text } = vector
  const context = contextBytes({ map, text })
  expect(hex(context)).toBe(vector.contextBytes)
  return context
}

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
