import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { secretRequest } from './foreign-material.js'
import { type TokenUnderTest, changed, failureOf, freshRef, hex } from './token-under-test.js'

/** Secret keys that customers bring. */
export function hsmImportContract(
  token: TokenUnderTest,
  { tellsHistory }: { readonly tellsHistory: boolean },
): void {
  test('imports an AES key, sensitive and for wrapping alone', async () => {
    const under = await token.pair('rsa-2048', 'import')
    for (const hash of token.hsm.limits.oaepHashes) {
      const request = secretRequest(under, randomBytes(32), hash)
      token.willHold(request.key)
      const checkValue = await token.hsm.importSecret(request)
      const again = await token.hsm.checkValue({ key: request.key, kind: 'wrapping' })
      expect(hex(again)).toBe(hex(checkValue))
      const found = await token.attributesOf(request.key)
      expect(found).toHaveLength(1)
      expect(found[0]?.label).toBe(request.label)
      expect(found[0]?.flags).toMatchObject({
        token: true,
        private: true,
        sensitive: true,
        extractable: false,
        neverExtractable: tellsHistory ? false : undefined,
        local: false,
        modifiable: false,
        wrap: true,
        unwrap: true,
        encrypt: false,
        decrypt: false,
      })
    }
  })

  test('takes the same material twice to the same check value, and other material to another', async () => {
    const under = await token.pair('rsa-3072', 'import')
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    const material = randomBytes(32)
    const values: string[] = []
    for (const bytes of [material, material, randomBytes(32)]) {
      const request = secretRequest(under, bytes, hash)
      token.willHold(request.key)
      values.push(hex(await token.hsm.importSecret(request)))
    }
    expect(values[1]).toBe(values[0])
    expect(values[2]).not.toBe(values[0])
  })

  test('leaves nothing of material that is no AES-256 key, or that does not open', async () => {
    const under = await token.pair('rsa-2048', 'import')
    const before = await token.namesOfAll()
    for (const hash of token.hsm.limits.oaepHashes) {
      for (const length of [0, 1, 16, 24, 25, 31, 33, 48, 64]) {
        const request = secretRequest(under, randomBytes(length), hash)
        expect([length, await failureOf(token.hsm.importSecret(request))]).toEqual([
          length,
          'unsuitable',
        ])
      }
      const right = secretRequest(under, randomBytes(32), hash)
      const garbage = [...changed(right.wrapped), Buffer.alloc(256), Buffer.alloc(256, 0xff)]
      for (const wrapped of [...garbage, randomBytes(300)]) {
        expect(await failureOf(token.hsm.importSecret({ ...right, wrapped }))).toBe('not-authentic')
      }
    }
    expect(await token.namesOfAll()).toEqual(before)
  })

  test('imports under pairs for that alone, and over no key that is there', async () => {
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    const decrypting = await token.pair('rsa-2048', 'decrypt')
    const wrongUse = secretRequest(decrypting, randomBytes(32), hash)
    expect(await failureOf(token.hsm.importSecret(wrongUse))).toBe('unsupported')
    const right = secretRequest(await token.pair('rsa-2048', 'import'), randomBytes(32), hash)
    expect(await failureOf(token.hsm.importSecret({ ...right, under: freshRef() }))).toBe(
      'key-missing',
    )
    const taken = await token.generate('wrapping')
    const before = await token.hsm.checkValue({ key: taken, kind: 'wrapping' })
    expect(await failureOf(token.hsm.importSecret({ ...right, key: taken }))).toBe('fault')
    expect(hex(await token.hsm.checkValue({ key: taken, kind: 'wrapping' }))).toBe(hex(before))
  })
}
