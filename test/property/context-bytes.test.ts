import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Context, contextBytes } from '../../src/core/context-bytes.js'
import { KmsError } from '../../src/core/errors.js'
import { authenticatedTexts, contexts, textMaps } from '../support/arbitraries.js'

const filledMaps = textMaps().filter((map) => Object.keys(map).length > 0)

function hexOf(context: Context): string {
  return Buffer.from(contextBytes(context)).toString('hex')
}

/** What two contexts must agree in to be the same one: order of members aside, and empty as good as absent. */
function meaning({ map, text }: Context): string {
  const members = Object.entries(map ?? {})
  return JSON.stringify([members.sort(([one], [other]) => (one < other ? -1 : 1)), text ?? ''])
}

test('two contexts have the same bytes exactly when they mean the same', () => {
  fc.assert(
    fc.property(contexts(), contexts(), (one, other) => {
      expect(hexOf(one) === hexOf(other)).toBe(meaning(one) === meaning(other))
    }),
    { numRuns: 500 },
  )
})

test('the order of members does not matter', () => {
  fc.assert(
    fc.property(textMaps(), fc.option(authenticatedTexts(), { nil: undefined }), (map, text) => {
      const reversed = Object.fromEntries(Object.entries(map).reverse())
      expect(hexOf({ map: reversed, text })).toBe(hexOf({ map, text }))
    }),
  )
})

test('any change to one value matters', () => {
  const oneChanged = filledMaps.chain((map) =>
    fc.tuple(fc.constant(map), fc.constantFrom(...Object.keys(map)), fc.string()),
  )
  fc.assert(
    fc.property(oneChanged, ([map, name, value]) => {
      fc.pre(map[name] !== value)
      const other = Object.fromEntries([...Object.entries(map), [name, value]])
      expect(hexOf({ map: other, text: undefined })).not.toBe(hexOf({ map, text: undefined }))
    }),
  )
})

test('a text that imitates a map, or a map and a text, is another context', () => {
  fc.assert(
    fc.property(filledMaps, fc.string({ maxLength: 10 }), (map, text) => {
      const form = Buffer.from(contextBytes({ map, text })).toString('latin1')
      const imitations = [form, form.slice(1), form.slice(5)]
      for (const imitation of imitations.filter((one) => Buffer.byteLength(one) <= 128)) {
        expect(hexOf({ map: undefined, text: imitation })).not.toBe(hexOf({ map, text }))
      }
    }),
  )
})

test('anything that JSON can say is taken or refused, never mistaken', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (map) => {
      const flat =
        typeof map === 'object' &&
        map !== null &&
        !Array.isArray(map) &&
        Object.values(map).every((value) => typeof value === 'string')
      try {
        contextBytes({ map, text: undefined })
        expect(flat).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(KmsError)
        expect(error).toMatchObject({ code: 'KMS.0208' })
        expect(flat).toBe(false)
      }
    }),
    { numRuns: 500 },
  )
})
