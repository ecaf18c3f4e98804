import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  MAX_DATA_FRAME_BYTES,
  decodeDataFrame,
  encodeDataHeader,
} from '../../src/codec/data-frame.js'
import { MalformedBytes, encodeChecked, encodeKeyIdField } from '../../src/codec/frame.js'
import { bytesOf, dataHeaders, keyIds } from '../support/arbitraries.js'

const partsOfAFrame = dataHeaders().chain((header) =>
  fc.record({
    header: fc.constant(header),
    keyId: keyIds(),
    wrapped: bytesOf(40),
    iv: bytesOf(12),
    sealed: bytesOf(header.textLength + 16),
    checksum: bytesOf(32),
  }),
)

const frames = partsOfAFrame.map(({ header, keyId, wrapped, iv, sealed, checksum }) => {
  const parts = { header: encodeDataHeader(header), body: [wrapped, iv, sealed] }
  const checked = encodeChecked({ ...parts, keyIdField: encodeKeyIdField(keyId) })
  return Buffer.concat([checked, checksum])
})

/** Frames with some bytes overwritten, cut or lengthened: they pass the first judgements more often than noise does. */
const almostFrames = fc
  .tuple(
    frames,
    fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }),
    fc.integer({ min: -40, max: 40 }),
  )
  .map(([frame, writes, growth]) => {
    const bytes = Buffer.alloc(Math.max(0, frame.length + growth))
    frame.copy(bytes)
    for (const [at, value] of writes) if (at < bytes.length) bytes.writeUInt8(value, at)
    return bytes
  })

test('decoding undoes encoding', () => {
  fc.assert(
    fc.property(partsOfAFrame, ({ header, keyId, wrapped, iv, sealed, checksum }) => {
      const headerBytes = encodeDataHeader(header)
      const keyIdField = encodeKeyIdField(keyId)
      const checked = encodeChecked({
        header: headerBytes,
        body: [wrapped, iv, sealed],
        keyIdField,
      })
      const decoded = decodeDataFrame(Buffer.concat([checked, checksum]))
      const parts = { headerBytes, wrapped, iv, sealed, keyIdField, keyId, checked, checksum }
      expect(decoded).toEqual({ ...header, ...parts })
      expect(checked).toHaveLength(88 + header.textLength + 32)
    }),
  )
})

test('whatever decodes encodes to the same bytes, and all else is malformed', () => {
  let decoded = 0
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: MAX_DATA_FRAME_BYTES + 8, size: 'max' }),
    almostFrames,
    frames,
  )
  fc.assert(
    fc.property(anything, (bytes) => {
      try {
        const frame = decodeDataFrame(bytes)
        decoded += 1
        const body = [frame.wrapped, frame.iv, frame.sealed]
        const header = encodeDataHeader(frame)
        const again = Buffer.concat([encodeChecked({ ...frame, header, body }), frame.checksum])
        expect(again.equals(bytes)).toBe(true)
      } catch (error) {
        if (!(error instanceof MalformedBytes)) throw error
      }
    }),
    { numRuns: 1000 },
  )
  expect(decoded).toBeGreaterThan(100)
})
