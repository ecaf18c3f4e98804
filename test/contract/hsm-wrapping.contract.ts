import { expect, test } from '@jest/globals'
import {
  type HsmFacts,
  type TokenUnderTest,
  bind,
  failureOf,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

const SLOW_TEST_MS = 120_000

/** What wrapping, generating and unwrapping give, and which lengths they take. */
export function hsmWrappingContract(token: TokenUnderTest, facts: HsmFacts): void {
  test('serves secrets of 32 to 1024 bytes at the least and the most', () => {
    expect(token.hsm.limits.maxSecretBytes).toBeGreaterThanOrEqual(32)
    expect(token.hsm.limits.maxSecretBytes).toBeLessThanOrEqual(1024)
  })

  test(
    'wraps and unwraps every length',
    async () => {
      const pair = await token.keyPair()
      for (const length of lengths(token, facts)) {
        const secret = patterned(length)
        const bound = await token.hsm.wrap({
          key: pair.key,
          secret,
          binding: bind(pair.bindingKey),
        })
        expect(bound.wrapped).toHaveLength(wrappedBytes(length))
        expect(bound.tag).toHaveLength(32)
        // The port pads before it wraps, so the zeroes come back whatever the token.
        expect(hex(await token.unwrap(pair, bound))).toBe(hex(padded(secret)))
        // The secret stays its owner's, who may need it still.
        expect(hex(secret)).toBe(hex(patterned(length)))
      }
    },
    SLOW_TEST_MS,
  )

  test(
    'generates a secret of every length, wrapped',
    async () => {
      const pair = await token.keyPair()
      for (const length of lengths(token, facts)) {
        const bound = await token.hsm.generateWrapped({
          key: pair.key,
          length,
          binding: bind(pair.bindingKey),
        })
        expect(bound.wrapped).toHaveLength(wrappedBytes(length))
        expect(bound.tag).toHaveLength(32)
        const secret = await token.unwrap(pair, bound)
        expect(secret).toHaveLength(
          facts.generated === 'exact' ? length : 8 * Math.ceil(length / 8),
        )
        expect(secret.subarray(length).every((byte) => byte === 0)).toBe(true)
      }
    },
    SLOW_TEST_MS,
  )

  test('generates a readable secret that agrees with the wrapped one', async () => {
    const pair = await token.keyPair()
    for (const length of [1, 7, 8, 9, 16, 31, 32, 64, token.hsm.limits.maxSecretBytes]) {
      const made = await token.hsm.generateReadable({
        key: pair.key,
        length,
        binding: bind(pair.bindingKey),
      })
      expect(made.secret).toHaveLength(length)
      expect(made.wrapped).toHaveLength(wrappedBytes(length))
      expect(hex(await token.unwrap(pair, made))).toBe(hex(padded(made.secret)))
    }
  })

  test('never generates the same secret twice', async () => {
    const pair = await token.keyPair()
    const request = { key: pair.key, length: 32, binding: bind(pair.bindingKey) }
    const secrets = new Set<string>()
    for (let call = 0; call < 8; call++) {
      secrets.add(hex(await token.unwrap(pair, await token.hsm.generateWrapped(request))))
      secrets.add(hex((await token.hsm.generateReadable(request)).secret))
    }
    expect(secrets.size).toBe(16)
  })

  test('wraps a secret to the same bytes again, and to others under another key', async () => {
    const pair = await token.keyPair()
    const other = await token.generate('wrapping')
    const request = { secret: patterned(20), binding: bind(pair.bindingKey) }
    const first = await token.hsm.wrap({ key: pair.key, ...request })
    const again = await token.hsm.wrap({ key: pair.key, ...request })
    const elsewhere = await token.hsm.wrap({ key: other, ...request })
    expect([hex(again.wrapped), hex(again.tag)]).toEqual([hex(first.wrapped), hex(first.tag)])
    expect(hex(elsewhere.wrapped)).not.toBe(hex(first.wrapped))
    expect(hex(elsewhere.tag)).not.toBe(hex(first.tag))
  })

  test('refuses empty and over-long secrets as unsupported', async () => {
    const { key, bindingKey } = await token.keyPair()
    const binding = bind(bindingKey)
    for (const length of [0, token.hsm.limits.maxSecretBytes + 1, 5000]) {
      const secret = patterned(length)
      expect(await failureOf(token.hsm.wrap({ key, secret, binding }))).toBe('unsupported')
      expect(await failureOf(token.hsm.generateWrapped({ key, length, binding }))).toBe(
        'unsupported',
      )
      expect(await failureOf(token.hsm.generateReadable({ key, length, binding }))).toBe(
        'unsupported',
      )
    }
  })

  test('misses a wrapping or a binding key that the token does not hold', async () => {
    const { key, bindingKey } = await token.keyPair()
    for (const request of [
      { key: freshRef(), binding: bind(bindingKey) },
      { key, binding: bind(freshRef()) },
    ]) {
      const secret = patterned(16)
      expect(await failureOf(token.hsm.wrap({ ...request, secret }))).toBe('key-missing')
      expect(await failureOf(token.hsm.generateWrapped({ ...request, length: 16 }))).toBe(
        'key-missing',
      )
      expect(await failureOf(token.hsm.generateReadable({ ...request, length: 16 }))).toBe(
        'key-missing',
      )
    }
  })

  test('answers 200 calls at once, each with its own answer', async () => {
    const pairs = [await token.keyPair(), await token.keyPair()]
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, call) => {
        const pair = pairs[call % 2] ?? (await token.keyPair())
        const secret = patterned(1 + (call % token.hsm.limits.maxSecretBytes))
        const request = { key: pair.key, binding: bind(pair.bindingKey) }
        const bound =
          call % 3 === 0
            ? await token.hsm.generateReadable({ ...request, length: secret.length })
            : { ...(await token.hsm.wrap({ ...request, secret })), secret }
        return [hex(await token.unwrap(pair, bound)), hex(padded(bound.secret))]
      }),
    )
    expect(answers.map(([opened]) => opened)).toEqual(answers.map(([, sealed]) => sealed))
  })
}

function lengths({ hsm }: TokenUnderTest, { everyLength }: HsmFacts): readonly number[] {
  const max = hsm.limits.maxSecretBytes
  const all = Array.from({ length: max }, (_, index) => index + 1)
  return everyLength
    ? all
    : all.filter((length) => length <= 33 || length > max - 8 || length % 37 === 0)
}

/** RFC 5649 section 4.1: the padded secret and one block more. */
function wrappedBytes(length: number): number {
  return 8 * Math.ceil(length / 8) + 8
}

function padded(secret: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 * Math.ceil(secret.length / 8))
  bytes.set(secret)
  return bytes
}
