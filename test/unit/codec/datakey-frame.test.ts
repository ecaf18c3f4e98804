import { describe, expect, test } from '@jest/globals'
import {
  type DatakeyForm,
  MAX_DATAKEY_FRAME_BYTES,
  decodeDatakeyFrame,
  encodeDatakeyHeader,
} from '../../../src/codec/datakey-frame.js'
import {
  MalformedBytes,
  encodeChecked,
  encodeKeyIdField,
  wrappedLength,
} from '../../../src/codec/frame.js'

const KEY_ID = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'

function frame(length: number, form: DatakeyForm = 'datakey'): Buffer {
  const header = encodeDatakeyHeader({
    form,
    bindingGeneration: 3,
    datakeyLength: length,
    keyVersion: 0x01020304,
  })
  const checked = encodeChecked({
    header,
    body: [Buffer.alloc(wrappedLength(length), 0x77), Buffer.alloc(32, 0x88)],
    keyIdField: encodeKeyIdField(KEY_ID),
  })
  return Buffer.concat([checked, Buffer.alloc(32, 0x99)])
}

function edited(length: number, edit: (bytes: Buffer) => unknown): Buffer {
  const bytes = frame(length)
  edit(bytes)
  return bytes
}

test('gives a 64-byte data key the published 188 bytes', () => {
  const bytes = frame(64)
  expect(bytes).toHaveLength(188)
  expect(bytes.subarray(0, 12).toString('hex')).toBe('020098000103400004030201')
  expect(bytes.subarray(116, 152).toString('latin1')).toBe(KEY_ID)
  expect(bytes.subarray(152, 156)).toEqual(Buffer.alloc(4))
})

test.each([
  [1, 16],
  [7, 16],
  [8, 16],
  [9, 24],
  [16, 24],
  [64, 72],
  [1023, 1032],
  [1024, 1032],
])('counts the wrap of %d bytes as %d', (length, wrapped) => {
  expect(wrappedLength(length)).toBe(wrapped)
})

test('the longest frames are those of 1024 bytes, and of a private key of 4096 bytes', () => {
  expect(frame(1024)).toHaveLength(1148)
  expect(frame(4096, 'pair')).toHaveLength(4220)
  expect(MAX_DATAKEY_FRAME_BYTES).toBe(4220)
  expect(decodeDatakeyFrame(frame(4096, 'pair'))).toMatchObject({
    form: 'pair',
    datakeyLength: 4096,
  })
})

test('takes a frame apart', () => {
  const bytes = frame(9)
  const parts = decodeDatakeyFrame(bytes)
  expect(parts).toMatchObject({
    form: 'datakey',
    bindingGeneration: 3,
    datakeyLength: 9,
    keyVersion: 0x01020304,
    keyId: KEY_ID,
  })
  expect(parts.headerBytes).toEqual(bytes.subarray(0, 12))
  expect(parts.wrapped).toEqual(Buffer.alloc(24, 0x77))
  expect(parts.tag).toEqual(Buffer.alloc(32, 0x88))
  expect(parts.keyIdField).toEqual(bytes.subarray(68, 108))
  expect(parts.checked).toEqual(bytes.subarray(0, 108))
  expect(parts.checksum).toEqual(Buffer.alloc(32, 0x99))
})

test('takes a frame apart that lies within other bytes', () => {
  const bytes = frame(20)
  const around = Buffer.concat([Buffer.alloc(5, 0xee), bytes, Buffer.alloc(5, 0xee)])
  const inner = around.subarray(5, 5 + bytes.length)
  expect(decodeDatakeyFrame(inner)).toEqual(decodeDatakeyFrame(bytes))
})

test('reads any 36 bytes for a key id, one character each', () => {
  const bytes = edited(64, (all) => all.fill(0xff, 116, 156))
  expect(decodeDatakeyFrame(bytes).keyId).toBe('\u00ff'.repeat(36))
})

describe('refuses', () => {
  test.each([
    ['no bytes', Buffer.alloc(0), 'too short'],
    ['one byte less than the shortest', frame(1).subarray(1), 'too short'],
    ['one byte more than the longest', Buffer.alloc(4221), 'too long'],
    ['version 1', edited(64, (bytes) => bytes.writeUInt16LE(1, 0)), 'version'],
    ['version 0x0102', edited(64, (bytes) => bytes.writeUInt8(1, 1)), 'version'],
    [
      'a payload length one too low',
      edited(64, (bytes) => bytes.writeUInt16LE(151, 2)),
      'truncated',
    ],
    [
      'a payload length one too high',
      edited(64, (bytes) => bytes.writeUInt16LE(153, 2)),
      'truncated',
    ],
    ['algorithm 0', edited(64, (bytes) => bytes.writeUInt8(0, 4)), 'algorithm'],
    ['algorithm 2', edited(64, (bytes) => bytes.writeUInt8(2, 4)), 'algorithm'],
    ['a data key of 0 bytes', edited(1, (bytes) => bytes.writeUInt16LE(0, 6)), 'data key'],
    [
      'a data key shorter than its wrap',
      edited(64, (bytes) => bytes.writeUInt16LE(56, 6)),
      'data key',
    ],
    [
      'a data key longer than its wrap',
      edited(64, (bytes) => bytes.writeUInt16LE(65, 6)),
      'data key',
    ],
    ['a data key of 1025 bytes', frame(1025), 'data key'],
    ['a private key of 4097 bytes', frame(4097, 'pair'), 'too long'],
    ['algorithm 4', edited(64, (bytes) => bytes.writeUInt8(4, 4)), 'algorithm'],
    ['a data key of 65535 bytes', edited(64, (bytes) => bytes.writeUInt16LE(65535, 6)), 'data key'],
  ])('%s', (_, bytes, reason) => {
    expect(() => decodeDatakeyFrame(bytes)).toThrow(MalformedBytes)
    expect(() => decodeDatakeyFrame(bytes)).toThrow(reason)
  })

  test('a frame cut at any length', () => {
    const bytes = frame(64)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeDatakeyFrame(bytes.subarray(0, length))).toThrow(MalformedBytes)
    }
  })
})
