import { expect, test } from '@jest/globals'
import type { KeyKind } from '../../src/core/hsm.js'
import type { HashName } from '../../src/core/hsm-pairs.js'
import {
  type TokenUnderTest,
  bind,
  changed,
  failureOf,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

const KINDS: readonly (readonly [KeyKind, HashName, number])[] = [
  ['binding', 'sha256', 32],
  ['hmac-256', 'sha256', 32],
  ['hmac-384', 'sha384', 48],
  ['hmac-512', 'sha512', 64],
]

/** HMACs made and verified on the token; that they are HMACs is shown with known keys elsewhere. */
export function hsmMacsContract(token: TokenUnderTest): void {
  test.each(KINDS)('makes MACs with a %s key and %s', async (kind, hash, bytes) => {
    const [key, other] = [await token.generate(kind), await token.generate(kind)]
    const macs = new Set<string>()
    for (const length of [0, 1, 63, 64, 65, 128, 4096]) {
      const request = { key, hash, message: patterned(length) }
      const mac = await token.hsm.mac(request)
      expect(mac).toHaveLength(bytes)
      expect(hex(await token.hsm.mac(request))).toBe(hex(mac))
      expect(await token.hsm.verifyMac({ ...request, mac })).toBe(true)
      expect(await token.hsm.verifyMac({ ...request, key: other, mac })).toBe(false)
      const message = patterned(length + 1)
      expect(await token.hsm.verifyMac({ ...request, message, mac })).toBe(false)
      macs.add(hex(mac))
    }
    expect(macs.size).toBe(7)
  })

  test.each(KINDS)('tells every other MAC from that of a %s key: %s', async (kind, hash, bytes) => {
    const request = { key: await token.generate(kind), hash, message: patterned(100) }
    const mac = await token.hsm.mac(request)
    const cut = Array.from({ length: bytes }, (_, length) => mac.subarray(0, length))
    const wrong = [...changed(mac), ...cut, new Uint8Array(bytes), new Uint8Array(5000)]
    for (const bad of wrong) {
      expect(await token.hsm.verifyMac({ ...request, mac: bad })).toBe(false)
    }
    expect(await token.hsm.verifyMac({ ...request, mac })).toBe(true)
  })

  test('makes the tag of a wrap', async () => {
    const { key, bindingKey } = await token.keyPair()
    const binding = bind(bindingKey)
    const { wrapped, tag } = await token.hsm.wrap({ key, secret: patterned(16), binding })
    const message = Buffer.concat([binding.before, wrapped, binding.after])
    expect(hex(await token.hsm.mac({ key: bindingKey, hash: 'sha256', message }))).toBe(hex(tag))
  })

  test.each(['hmac-256', 'hmac-384', 'hmac-512'] as const)(
    'gives a %s key a check value that is its own and stays',
    async (kind) => {
      const key = freshRef()
      const made = await token.generateChecked(kind, key)
      expect(hex(await token.hsm.checkValue({ key, kind }))).toBe(hex(made))
      const other = await token.generateChecked(kind, freshRef())
      expect(hex(other)).not.toBe(hex(made))
    },
  )

  test('makes MACs with keys made for that alone', async () => {
    const wrapping = await token.generate('wrapping')
    const { key } = await token.pair('ec-p256', 'sign')
    const request = { hash: 'sha256', message: patterned(8) } as const
    const mac = new Uint8Array(32)
    expect(await failureOf(token.hsm.mac({ key: wrapping, ...request }))).toBe('unsupported')
    expect(await failureOf(token.hsm.verifyMac({ key: wrapping, ...request, mac }))).toBe(
      'unsupported',
    )
    expect(['unsupported', 'key-missing']).toContain(
      await failureOf(token.hsm.mac({ key, ...request })),
    )
    expect(await failureOf(token.hsm.mac({ key: freshRef(), ...request }))).toBe('key-missing')
  })
}
