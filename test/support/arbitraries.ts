import fc from 'fast-check'
import { type DataHeader, MAX_TEXT_BYTES } from '../../src/codec/data-frame.js'
import {
  type DatakeyForm,
  type DatakeyHeader,
  MAX_DATAKEY_BYTES,
  MAX_PRIVATE_KEY_BYTES,
} from '../../src/codec/datakey-frame.js'
import type { Context } from '../../src/core/context-bytes.js'
import { type KeyId, type KeyRef, parseKeyId } from '../../src/core/ids.js'

/** Key ids as the service makes them. */
export function keyIds(): fc.Arbitrary<KeyId> {
  return fc.uuid().map((text) => {
    const keyId = parseKeyId(text)
    if (!keyId) throw new Error('fast-check made a UUID that is no key id.')
    return keyId
  })
}

/** Every version that a frame can carry. */
export function keyRefs(): fc.Arbitrary<KeyRef> {
  return fc.record({ keyId: keyIds(), version: fc.integer({ min: 1, max: 0xffff_ffff }) })
}

/** Exactly `length` bytes. */
export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length })
}

/** Clear DEKs; short ones are as likely as long ones. */
export function datakeys(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.integer({ min: 1, max: MAX_DATAKEY_BYTES }).chain(bytesOf),
  )
}

/** Headers of every frame that can be written. */
export function datakeyHeaders(): fc.Arbitrary<DatakeyHeader> {
  return fc.constantFrom<DatakeyForm>('datakey', 'pair').chain((form) =>
    fc.record({
      form: fc.constant(form),
      bindingGeneration: fc.integer({ min: 1, max: 255 }),
      datakeyLength: fc.integer({
        min: 1,
        max: form === 'pair' ? MAX_PRIVATE_KEY_BYTES : MAX_DATAKEY_BYTES,
      }),
      keyVersion: fc.integer({ min: 1, max: 0xffff_ffff }),
    }),
  )
}

/** Headers of every frame of a text that can be written. */
export function dataHeaders(): fc.Arbitrary<DataHeader> {
  return fc.record({
    keyVersion: fc.integer({ min: 1, max: 0xffff_ffff }),
    textLength: fc.integer({ min: 1, max: MAX_TEXT_BYTES }),
  })
}

/** Texts of any Unicode characters, without lone surrogates. */
export function texts(maxLength = 20): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength })
}

/** Flat maps of texts; names that JavaScript treats in a way of its own are among them. */
export function textMaps(): fc.Arbitrary<Record<string, string>> {
  const names = fc.oneof(
    texts(),
    fc.constantFrom('__proto__', 'constructor', '0', '10', '9', '', '\u{1f600}', '\ufb33'),
  )
  return (
    fc
      .uniqueArray(fc.tuple(names, texts()), { selector: ([name]) => name, maxLength: 8 })
      // Not an object literal: only defineProperty makes a member of the name __proto__, as JSON.parse does.
      .map((members) => Object.fromEntries(members))
  )
}

/** Texts that are acceptable as `additional_authenticated_data`. */
export function authenticatedTexts(): fc.Arbitrary<string> {
  return texts(32).filter((text) => Buffer.byteLength(text) <= 128)
}

/** Acceptable contexts of every form. */
export function contexts(): fc.Arbitrary<Context> {
  return fc.record({
    map: fc.option(textMaps(), { nil: undefined }),
    text: fc.option(authenticatedTexts(), { nil: undefined }),
  })
}
