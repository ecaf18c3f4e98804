import { beforeAll, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { KmsError } from '../../src/core/errors.js'
import { newKeyId } from '../../src/core/ids.js'
import { generateSealedDatakey, sealDatakey } from '../../src/core/seal.js'
import {
  type MemorySealing,
  NO_CONTEXT,
  createMemorySealing,
  openBytes,
} from '../support/memory-sealing.js'

const CHECKSUM_BYTES = 32

let sealing: MemorySealing
/** A 188-byte frame. */
let frame: Buffer

beforeAll(async () => {
  sealing = await createMemorySealing({ generations: 3 })
  const dek = new Uint8Array(64).fill(0x5c)
  frame = Buffer.from(await sealDatakey(sealing, { key: sealing.key, dek, context: NO_CONTEXT }))
})

test('the frame under test has 188 bytes and opens', async () => {
  expect(frame).toHaveLength(188)
  expect(await outcome(frame)).toBe('opened')
})

test('no frame opens that is cut anywhere, with or without a right checksum', async () => {
  for (let length = 0; length < frame.length; length++) {
    expect(await outcome(frame.subarray(0, length))).toBe('KMS.2201')
    expect(await outcome(withChecksum(frame.subarray(0, length)))).toBe('KMS.2201')
  }
})

test('no frame opens with bytes in front or behind', async () => {
  for (const more of [1, 4, 8, 32, 188]) {
    const blank = Buffer.alloc(more)
    expect(await outcome(Buffer.concat([frame, blank]))).toBe('KMS.2201')
    expect(await outcome(Buffer.concat([blank, frame]))).toBe('KMS.2201')
  }
})

test('none of the 1504 single bits can be changed', async () => {
  for (let bit = 0; bit < frame.length * 8; bit++) {
    expect([bit, await outcome(flip(frame, bit))]).toEqual([bit, 'KMS.2201'])
  }
})

test('nor can it when the checksum is made to fit', async () => {
  for (let bit = 0; bit < (frame.length - CHECKSUM_BYTES) * 8; bit++) {
    expect([bit, await outcome(withChecksum(flip(frame, bit)))]).toEqual([bit, 'KMS.2201'])
  }
})

test('a made-up length does not open, though it fits the wrap as well', async () => {
  const { key } = sealing
  const request = { key, length: 9, context: NO_CONTEXT }
  const nine = Buffer.from(await generateSealedDatakey(sealing, request))
  for (let length = 10; length <= 16; length++) {
    const longer = Buffer.from(nine)
    longer.writeUInt16LE(length, 6)
    expect(await outcome(withChecksum(longer))).toBe('KMS.2201')
  }
})

test('parts of two good frames do not open together', async () => {
  const request = { key: sealing.key, dek: new Uint8Array(64).fill(0xa7), context: NO_CONTEXT }
  const other = Buffer.from(await sealDatakey(sealing, request))
  const wrapFromOther = Buffer.from(frame)
  other.copy(wrapFromOther, 12, 12, 84)
  const tagFromOther = Buffer.from(frame)
  other.copy(tagFromOther, 84, 84, 116)
  expect(await outcome(withChecksum(wrapFromOther))).toBe('KMS.2201')
  expect(await outcome(withChecksum(tagFromOther))).toBe('KMS.2201')
})

test('a frame does not open under a key that its own id was replaced by', async () => {
  const key = { keyId: newKeyId(), version: 1 }
  await sealing.hsm.generateKey({ key, kind: 'wrapping', label: 'test/other' })
  const renamed = Buffer.from(frame)
  renamed.write(key.keyId, 116, 'latin1')
  expect(await outcome(frame, key.keyId)).toBe('KMS.2201')
  expect(await outcome(withChecksum(renamed), key.keyId)).toBe('KMS.2201')
})

function flip(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return changed
}

/** The frame with its last 32 bytes made the digest of all before: what a forger can do as well. */
function withChecksum(bytes: Buffer): Buffer {
  const checked = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  return Buffer.concat([checked, createHash('sha256').update(checked).digest()])
}

async function outcome(bytes: Uint8Array, keyId = sealing.key.keyId): Promise<string> {
  try {
    await openBytes(sealing, { keyId, bytes, context: NO_CONTEXT })
    return 'opened'
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}
