import { createDecipheriv, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { HsmError } from '../../src/core/hsm.js'
import { importWrapping, wrapPadded } from './foreign-material.js'
import {
  type KeyPair,
  type TokenUnderTest,
  bind,
  changed,
  failureOf,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

const SLOW_TEST_MS = 120_000

/** Secrets that go from one wrapping key to another, and pairs that are made to be wrapped. */
export function hsmRewrappingContract(token: TokenUnderTest): void {
  test('moves secrets of every length to another key', async () => {
    const [source, target] = [await token.keyPair(), await token.keyPair()]
    for (const length of [1, 7, 8, 9, 16, 31, 32, 33, 64, token.hsm.limits.maxSecretBytes]) {
      const request = { key: source.key, binding: bind(source.bindingKey) }
      for (const bound of [
        await token.hsm.wrap({ ...request, secret: patterned(length) }),
        await token.hsm.generateWrapped({ ...request, length }),
      ]) {
        const before = await token.unwrap(source, bound)
        const moved = await token.hsm.rewrap({ from: { ...request, ...bound }, to: toOf(target) })
        expect(moved.wrapped).toHaveLength(bound.wrapped.length)
        expect(hex(moved.wrapped)).not.toBe(hex(bound.wrapped))
        expect(hex(await token.unwrap(target, moved))).toBe(hex(before))
      }
    }
  })

  test('moves nothing whose tag does not fit, wherever it was changed', async () => {
    const [source, target] = [await token.keyPair(), await token.keyPair()]
    const binding = bind(source.bindingKey)
    const bound = await token.hsm.wrap({ key: source.key, secret: patterned(24), binding })
    const right = { key: source.key, binding, ...bound }
    const wrong = [
      ...changed(right.tag).map((tag) => ({ ...right, tag })),
      ...changed(right.wrapped).map((wrapped) => ({ ...right, wrapped })),
      ...changed(binding.before).map((before) => ({ ...right, binding: { ...binding, before } })),
      ...changed(binding.after).map((after) => ({ ...right, binding: { ...binding, after } })),
      { ...right, binding: bind(target.bindingKey) },
      // The tag comes before the key is even looked for.
      { ...right, key: freshRef(), tag: patterned(32) },
    ]
    for (const from of wrong) {
      expect(await failureOf(token.hsm.rewrap({ from, to: toOf(target) }))).toBe('not-authentic')
    }
    const lost = [
      { from: { ...right, key: freshRef() }, to: toOf(target) },
      { from: right, to: { ...toOf(target), key: freshRef() } },
      { from: right, to: { ...toOf(target), binding: bind(freshRef()) } },
    ]
    for (const request of lost) {
      expect(await failureOf(token.hsm.rewrap(request))).toBe('key-missing')
    }
  })

  test(
    'generates pairs of which the private half leaves wrapped, and moves it to another key',
    async () => {
      const materials = [randomBytes(32), randomBytes(32)] as const
      const [source, target] = [
        { key: await importWrapping(token, materials[0]), ...(await bindingOf(token)) },
        { key: await importWrapping(token, materials[1]), ...(await bindingOf(token)) },
      ]
      const before = (await token.hsm.inspectKeys()).length
      for (const algorithm of token.pairAlgorithms) {
        const making = token.hsm.generateWrappedPair({ key: source.key, algorithm })
        if (token.hsm.limits.maxPairBytes === 0) {
          expect(await failureOf(making)).toBe('unsupported')
          continue
        }
        const made = await making.catch(refused)
        // SoftHSM 2.6.1 wraps no Ed25519 key.
        if (made === undefined && algorithm === 'ed25519') continue
        if (made === undefined) throw new Error(`Pairs of ${algorithm} cannot be wrapped.`)
        const { publicKey, wrapped } = made
        expectPair(publicKey, unwrapWithNode(materials[0], wrapped))
        const binding = bind(source.bindingKey)
        const { before: head, after: tail } = binding
        const message = Buffer.concat([head, wrapped, tail])
        const tag = await token.hsm.mac({ key: binding.key, hash: 'sha256', message })
        // Longer than any secret of a caller may be, and opened all the same.
        expectPair(publicKey, await token.unwrap(source, { wrapped, tag }))
        const from = { key: source.key, binding, wrapped, tag }
        const moved = await token.hsm.rewrap({ from, to: toOf(target) })
        expectPair(publicKey, unwrapWithNode(materials[1], moved.wrapped))
        expectPair(publicKey, await token.unwrap(target, moved))
      }
      expect(await token.hsm.inspectKeys()).toHaveLength(before)
    },
    SLOW_TEST_MS,
  )

  test('generates no wrapped pair under a key that is none, or under none', async () => {
    if (token.hsm.limits.maxPairBytes === 0) return
    const { bindingKey } = await token.keyPair()
    const [algorithm = 'ec-p256'] = token.pairAlgorithms.filter((one) => one.startsWith('ec-'))
    for (const [key, failure] of [
      [bindingKey, 'unsupported'],
      [freshRef(), 'key-missing'],
    ] as const) {
      expect(await failureOf(token.hsm.generateWrappedPair({ key, algorithm }))).toBe(failure)
    }
    const { key } = await token.keyPair()
    expect(await failureOf(token.hsm.generateWrappedPair({ key, algorithm: 'sm2' }))).toBe(
      'unsupported',
    )
  })

  test('wraps as OpenSSL does under imported material', async () => {
    const material = randomBytes(32)
    const key = await importWrapping(token, material)
    const { bindingKey } = await bindingOf(token)
    for (const length of [8, 16, 32, 64]) {
      const request = { key, secret: patterned(length), binding: bind(bindingKey) }
      const { wrapped } = await token.hsm.wrap(request)
      expect(hex(wrapped)).toBe(hex(wrapPadded(material, patterned(length))))
    }
  })
}

/** Nothing of what the token cannot do. */
function refused(error: unknown): undefined {
  if (error instanceof HsmError && error.failure === 'unsupported') return undefined
  throw error
}

function toOf({ key, bindingKey }: KeyPair): {
  readonly key: KeyPair['key']
  readonly binding: ReturnType<typeof bind>
} {
  return { key, binding: bind(bindingKey) }
}

async function bindingOf(token: TokenUnderTest): Promise<Pick<KeyPair, 'bindingKey'>> {
  return { bindingKey: await token.generate('binding') }
}

function unwrapWithNode(material: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const initial = Buffer.from('a65959a6', 'hex')
  return createDecipheriv('id-aes256-wrap-pad', material, initial).update(wrapped)
}

/** The PKCS#8, with or without zeroes after it, is the private half of the public key. */
function expectPair(publicKey: Uint8Array, padded: Uint8Array): void {
  const length = derLength(padded)
  const privateKey = createPrivateKey({
    key: Buffer.from(padded.subarray(0, length)),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  expect(hex(spki)).toBe(hex(publicKey))
  expect(padded.length - length).toBeLessThan(8)
  expect(padded.subarray(length).every((byte) => byte === 0)).toBe(true)
}

/** X.690 section 8.1.3: what the first value of some bytes takes up. */
function derLength(bytes: Uint8Array): number {
  const der = Buffer.from(bytes)
  const first = der.readUInt8(1)
  return first < 0x80 ? 2 + first : 2 + (first & 0x7f) + der.readUIntBE(2, first & 0x7f)
}
