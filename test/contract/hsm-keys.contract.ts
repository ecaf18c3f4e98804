import { expect, test } from '@jest/globals'
import type { KeyKind } from '../../src/core/hsm.js'
import {
  type TokenUnderTest,
  bind,
  failureOf,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

const KINDS = ['wrapping', 'binding'] as const satisfies readonly KeyKind[]

/** How keys come, are told apart, and go. */
export function hsmKeysContract(token: TokenUnderTest): void {
  test.each(KINDS)('gives a %s key a check value that is its own and stays', async (kind) => {
    const key = freshRef()
    const made = await token.generateChecked(kind, key)
    expect(made.length).toBeGreaterThanOrEqual(8)
    expect(hex(await token.hsm.checkValue({ key, kind }))).toBe(hex(made))
    expect(hex(await token.hsm.checkValue({ key, kind }))).toBe(hex(made))
    const others = [await token.generate(kind), await token.generate(kind)]
    const values = await Promise.all(
      others.map((other) => token.hsm.checkValue({ key: other, kind })),
    )
    expect(new Set([made, ...values].map(hex)).size).toBe(3)
  })

  test.each(KINDS)('misses a %s key that was never made', async (kind) => {
    expect(await failureOf(token.hsm.checkValue({ key: freshRef(), kind }))).toBe('key-missing')
  })

  test('keeps the versions of a key apart', async () => {
    const { key, bindingKey } = await token.keyPair()
    const second = await token.generate('wrapping', { ...key, version: 2 })
    const large = await token.generate('wrapping', { ...key, version: 0xffff_ffff })
    const request = { secret: patterned(16), binding: bind(bindingKey) }
    const wraps = new Set<string>()
    for (const version of [key, second, large]) {
      const bound = await token.hsm.wrap({ key: version, ...request })
      wraps.add(hex(bound.wrapped))
      expect(hex(await token.unwrap({ key: version, bindingKey }, bound))).toBe(hex(request.secret))
    }
    expect(wraps.size).toBe(3)
    expect(await failureOf(token.hsm.wrap({ key: { ...key, version: 3 }, ...request }))).toBe(
      'key-missing',
    )
  })

  test('destroys one version of a key for good, and takes a second time for done', async () => {
    const pair = await token.keyPair()
    const second = await token.generate('wrapping', { ...pair.key, version: 2 })
    const request = { secret: patterned(16), binding: bind(pair.bindingKey) }
    const bound = await token.hsm.wrap({ key: pair.key, ...request })

    await token.hsm.destroyKey(pair.key)
    await token.hsm.destroyKey(pair.key)
    await token.hsm.destroyKey(freshRef())

    expect(await failureOf(token.unwrap(pair, bound))).toBe('key-missing')
    expect(await failureOf(token.hsm.wrap({ key: pair.key, ...request }))).toBe('key-missing')
    expect(await failureOf(token.hsm.checkValue({ key: pair.key, kind: 'wrapping' }))).toBe(
      'key-missing',
    )
    const kept = await token.hsm.wrap({ key: second, ...request })
    expect(hex(await token.unwrap({ ...pair, key: second }, kept))).toBe(hex(request.secret))
  })

  test('makes another key under the name of a destroyed one', async () => {
    const pair = await token.keyPair()
    const request = { secret: patterned(16), binding: bind(pair.bindingKey) }
    const before = await token.hsm.wrap({ key: pair.key, ...request })
    await token.hsm.destroyKey(pair.key)
    await token.generate('wrapping', pair.key)
    const after = await token.hsm.wrap({ key: pair.key, ...request })
    expect(hex(after.wrapped)).not.toBe(hex(before.wrapped))
  })

  test('refuses a second key of one name, and the first one stays', async () => {
    const pair = await token.keyPair()
    const secret = patterned(16)
    const binding = bind(pair.bindingKey)
    const bound = await token.hsm.wrap({ key: pair.key, secret, binding })
    for (const kind of KINDS) {
      const again = token.hsm.generateKey({ key: pair.key, kind, label: 'test/second' })
      expect(await failureOf(again)).toBe('fault')
    }
    expect(hex(await token.unwrap(pair, bound))).toBe(hex(secret))
    const id = (await token.hsm.inspectKeys()).map((key) => key.id)
    expect(id).toHaveLength(new Set(id).size)
  })
}
