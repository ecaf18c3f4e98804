import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { UnusableUri, parseTokenUri } from '../../src/hsm/uri.js'

const QUERY = 'module-path=/usr/lib/p11.so&pin-source=file:/run/pin'

describe('a PKCS#11 URI', () => {
  test('names token, module and PIN file', () => {
    expect(parseTokenUri(`pkcs11:token=my%20kms;serial=0a1b?${QUERY}`)).toEqual({
      modulePath: '/usr/lib/p11.so',
      token: 'my kms',
      serial: '0a1b',
      manufacturer: undefined,
      model: undefined,
      pinFile: '/run/pin',
      libraryParameters: undefined,
    })
  })

  test.each(['file:/run/pin', 'file:///run/pin', '/run/pin'])(
    'takes the PIN source %s',
    (source) => {
      const uri = `pkcs11:serial=1?module-path=/m.so&pin-source=${source}`
      expect(parseTokenUri(uri).pinFile).toBe('/run/pin')
    },
  )

  test.each([
    ['token=kms', /pkcs11:/],
    [`pkcs11:?${QUERY}`, /label .* or serial/],
    [`pkcs11:token=?${QUERY}`, /empty/i],
    [`pkcs11:serial=?${QUERY}`, /empty/i],
    [`pkcs11:token=a;token=b?${QUERY}`, /twice/],
    [`pkcs11:token=a?${QUERY}&pin-value=1234`, /pin-source/],
    [`pkcs11:token=a;pin-value=1234?${QUERY}`, /pin-source/],
    [`pkcs11:slot-id=0?${QUERY}`, /slot-id is not known/],
    ['pkcs11:token=a?pin-source=file:/p', /module-path/],
    ['pkcs11:token=a?module-path=/m.so', /pin-source/],
    ['pkcs11:token=a?module-path=m.so&pin-source=file:/p', /absolute/],
    ['pkcs11:token=a?module-path=/m.so&pin-source=file:p', /absolute/],
    [`pkcs11:token=%zz?${QUERY}`, /percent-encoding/],
    [`pkcs11:token?${QUERY}`, /name=value/],
  ])('%s is refused', (uri, sentence) => {
    expect(() => parseTokenUri(uri)).toThrow(UnusableUri)
    expect(() => parseTokenUri(uri)).toThrow(sentence)
  })

  test('any text is read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseTokenUri(`pkcs11:${text}`)
        } catch (error) {
          expect(error).toBeInstanceOf(UnusableUri)
        }
      }),
    )
  })
})
