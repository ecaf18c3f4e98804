import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  MAX_DATAKEY_FRAME_BYTES,
  decodeDatakeyFrame,
  encodeDatakeyHeader,
} from '../../src/codec/datakey-frame.js'
import {
  MalformedBytes,
  encodeChecked,
  encodeKeyIdField,
  wrappedLength,
} from '../../src/codec/frame.js'
import { bytesOf, datakeyHeaders, keyIds } from '../support/arbitraries.js'

const partsOfAFrame = datakeyHeaders().chain((header) =>
  fc.record({
    header: fc.constant(header),
    keyId: keyIds(),
    wrapped: bytesOf(wrappedLength(header.datakeyLength)),
    tag: bytesOf(32),
    checksum: bytesOf(32),
  }),
)

const frames = partsOfAFrame.map(({ header, keyId, wrapped, tag, checksum }) => {
  const parts = { header: encodeDatakeyHeader(header), body: [wrapped, tag] }
  const checked = encodeChecked({ ...parts, keyIdField: encodeKeyIdField(keyId) })
  return Buffer.concat([checked, checksum])
})

/** Frames with some bytes overwritten, cut or lengthened: they pass the first judgements more often than noise does. */
const almostFrames = fc
  .tuple(
    frames,
    fc.array(fc.tuple(fc.nat(MAX_DATAKEY_FRAME_BYTES - 1), fc.nat(255)), { maxLength: 4 }),
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
    fc.property(partsOfAFrame, ({ header, keyId, wrapped, tag, checksum }) => {
      const headerBytes = encodeDatakeyHeader(header)
      const keyIdField = encodeKeyIdField(keyId)
      const checked = encodeChecked({ header: headerBytes, body: [wrapped, tag], keyIdField })
      const decoded = decodeDatakeyFrame(Buffer.concat([checked, checksum]))
      const expected = {
        ...header,
        headerBytes,
        wrapped,
        tag,
        keyIdField,
        keyId,
        checked,
        checksum,
      }
      expect(decoded).toEqual(expected)
    }),
  )
})

test('whatever decodes encodes to the same bytes, and all else is malformed', () => {
  let decoded = 0
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: MAX_DATAKEY_FRAME_BYTES + 8, size: 'max' }),
    almostFrames,
    frames,
  )
  fc.assert(
    fc.property(anything, (bytes) => {
      try {
        const frame = decodeDatakeyFrame(bytes)
        decoded += 1
        const header = encodeDatakeyHeader(frame)
        const body = [frame.wrapped, frame.tag]
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
