import { expect, test } from '@jest/globals'
import {
  type TokenUnderTest,
  bind,
  changed,
  failureOf,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

/** What a tag binds, and that nothing is unwrapped without the right one. */
export function hsmTaggingContract(token: TokenUnderTest): void {
  test('tells a changed tag, wrap or binding from the true one', async () => {
    const { key, bindingKey } = await token.keyPair()
    const binding = bind(bindingKey)
    const bound = await token.hsm.wrap({ key, secret: patterned(24), binding })
    const right = { key, binding, wrapped: bound.wrapped, tag: bound.tag }
    const wrong = [
      ...changed(right.tag).map((tag) => ({ ...right, tag })),
      ...changed(right.wrapped).map((wrapped) => ({ ...right, wrapped })),
      ...changed(binding.before).map((before) => ({ ...right, binding: { ...binding, before } })),
      ...changed(binding.after).map((after) => ({ ...right, binding: { ...binding, after } })),
      { ...right, binding: bind(await token.generate('binding')) },
    ]
    for (const request of wrong) {
      expect(await failureOf(token.hsm.unwrap(request))).toBe('not-authentic')
    }
    expect(hex(await token.hsm.unwrap(right))).toBe(hex(patterned(24)))
  })

  test('tags with either side of the wrap empty', async () => {
    const { key, bindingKey } = await token.keyPair()
    const nothing = new Uint8Array(0)
    for (const [before, after] of [
      [nothing, patterned(9)],
      [patterned(9), nothing],
      [nothing, nothing],
    ] as const) {
      const binding = { key: bindingKey, before, after }
      const bound = await token.hsm.wrap({ key, secret: patterned(16), binding })
      expect(hex(await token.hsm.unwrap({ key, binding, ...bound }))).toBe(hex(patterned(16)))
      const other = { ...binding, after: patterned(10) }
      expect(await failureOf(token.hsm.unwrap({ key, binding: other, ...bound }))).toBe(
        'not-authentic',
      )
    }
  })

  test('looks for the wrapping key only when the tag is right', async () => {
    const { key, bindingKey } = await token.keyPair()
    const binding = bind(bindingKey)
    const { wrapped, tag } = await token.hsm.wrap({ key, secret: patterned(16), binding })
    const elsewhere = { key: freshRef(), wrapped, binding }
    for (const wrong of changed(tag)) {
      expect(await failureOf(token.hsm.unwrap({ ...elsewhere, tag: wrong }))).toBe('not-authentic')
    }
    expect(await failureOf(token.hsm.unwrap({ ...elsewhere, tag }))).toBe('key-missing')
  })

  test('misses a binding key that the token does not hold', async () => {
    const { key, bindingKey } = await token.keyPair()
    const bound = await token.hsm.wrap({ key, secret: patterned(16), binding: bind(bindingKey) })
    const request = { key, ...bound, binding: bind(freshRef()) }
    expect(await failureOf(token.hsm.unwrap(request))).toBe('key-missing')
  })

  test('gives keys of one kind no use of the other', async () => {
    const { key, bindingKey } = await token.keyPair()
    const secret = patterned(16)
    const bound = await token.hsm.wrap({ key, secret, binding: bind(bindingKey) })
    for (const request of [
      { key: bindingKey, binding: bind(bindingKey) },
      { key, binding: bind(key) },
    ]) {
      expect(await failureOf(token.hsm.wrap({ ...request, secret }))).toBe('unsupported')
      expect(await failureOf(token.hsm.generateWrapped({ ...request, length: 16 }))).toBe(
        'unsupported',
      )
      expect(await failureOf(token.hsm.unwrap({ ...request, ...bound }))).toBe('unsupported')
    }
  })

  test('never answers an authentic wrap of another key', async () => {
    const pair = await token.keyPair()
    const other = await token.generate('wrapping')
    const binding = bind(pair.bindingKey)
    const bound = await token.hsm.wrap({ key: pair.key, secret: patterned(16), binding })
    // The tag cannot tell the keys apart where its binding does not name them; RFC 5649 section 3 can.
    const failure = await failureOf(token.hsm.unwrap({ key: other, binding, ...bound }))
    expect(['fault', 'unavailable']).toContain(failure)
  })
}
