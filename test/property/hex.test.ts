import { test } from '@jest/globals'
import fc from 'fast-check'
import { decodeHex, encodeHex } from '../../src/codec/hex.js'

test('decoding undoes encoding, in either case', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = encodeHex(bytes)
      return [text, text.toLowerCase()].every((form) => Buffer.from(bytes).equals(must(form)))
    }),
  )
})

test('any text decodes to half as many bytes as it has digits, or to nothing', () => {
  const almost = fc.string({
    unit: fc.constantFrom('0', '7', '9', 'a', 'f', 'A', 'F', '8', 'b', 'g', ' '),
  })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), almost), (text) => {
      const bytes = decodeHex(text)
      if (bytes) return encodeHex(bytes) === text.toUpperCase()
      return text.length % 2 === 1 || /[^0-9a-fA-F]/.test(text)
    }),
  )
})

function must(text: string): Uint8Array {
  const bytes = decodeHex(text)
  if (!bytes) throw new Error('Its own encoding does not decode.')
  return bytes
}
