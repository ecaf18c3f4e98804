import { createDecipheriv, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { SealedData, SealedFrame } from '../../src/core/hsm-data.js'
import { importWrapping, wrapPadded } from './foreign-material.js'
import {
  type TokenUnderTest,
  changed,
  failureOf,
  freshRef,
  hex,
  patterned,
} from './token-under-test.js'

const SLOW_TEST_MS = 120_000
const LENGTHS = [1, 2, 15, 16, 17, 31, 32, 33, 255, 1023, 1024, 2047, 4095, 4096] as const

const FRAME: SealedFrame = {
  before: new Uint8Array(12).fill(0xbe),
  after: new Uint8Array(72).fill(0xaf),
}

/** Texts under message keys of their own. */
export function hsmDataContract(token: TokenUnderTest): void {
  test('seals and opens texts of every length, longer by the tag alone', async () => {
    const key = await token.generate('wrapping')
    for (const length of LENGTHS) {
      const data = await seal(token, key, patterned(length))
      expect([data.wrapped.length, data.iv.length, data.sealed.length]).toEqual([
        40,
        12,
        length + 16,
      ])
      expect(hex(await token.hsm.openData({ key, data, frame: FRAME }))).toBe(
        hex(patterned(length)),
      )
    }
  })

  test('refuses empty and over-long texts as unsupported', async () => {
    const key = await token.generate('wrapping')
    for (const length of [0, 4097, 10_000]) {
      expect(await failureOf(seal(token, key, patterned(length)))).toBe('unsupported')
    }
  })

  test('gives every text a key and an IV of its own', async () => {
    const key = await token.generate('wrapping')
    const seen = new Set<string>()
    for (let call = 0; call < 16; call++) {
      const { wrapped, iv, sealed } = await seal(token, key, patterned(16))
      for (const part of [wrapped, iv, sealed]) seen.add(hex(part))
    }
    expect(seen.size).toBe(48)
  })

  test('seals what node:crypto opens under the same material', async () => {
    const material = randomBytes(32)
    const key = await importWrapping(token, material)
    const data = await seal(token, key, patterned(100))
    expect(hex(openWithNode(material, data))).toBe(hex(patterned(100)))
  })

  test(
    'tells every changed bit from the true one',
    async () => {
      const key = await token.generate('wrapping')
      const data = await seal(token, key, patterned(5))
      const right = { ...data, ...FRAME }
      for (const name of ['wrapped', 'iv', 'sealed', 'before', 'after'] as const) {
        for (const wrong of [...everyBit(right[name]), ...changed(right[name])]) {
          const { before, after, ...rest } = { ...right, [name]: wrong }
          const opening = token.hsm.openData({ key, data: rest, frame: { before, after } })
          expect([name, await failureOf(opening)]).toEqual([name, 'not-authentic'])
        }
      }
      expect(hex(await token.hsm.openData({ key, data, frame: FRAME }))).toBe(hex(patterned(5)))
    },
    SLOW_TEST_MS,
  )

  test('opens nothing under another key, and misses one that is not there', async () => {
    const [key, other] = [await token.generate('wrapping'), await token.generate('wrapping')]
    const data = await seal(token, key, patterned(20))
    const request = { data, frame: FRAME }
    expect(await failureOf(token.hsm.openData({ key: other, ...request }))).toBe('not-authentic')
    expect(await failureOf(token.hsm.openData({ key: freshRef(), ...request }))).toBe('key-missing')
    expect(await failureOf(seal(token, freshRef(), patterned(20)))).toBe('key-missing')
  })

  test('takes no binding key for a wrapping key', async () => {
    const key = await token.generate('wrapping')
    const binding = await token.generate('binding')
    const data = await seal(token, key, patterned(20))
    expect(await failureOf(seal(token, binding, patterned(20)))).toBe('unsupported')
    expect(await failureOf(token.hsm.openData({ key: binding, data, frame: FRAME }))).toBe(
      'unsupported',
    )
  })

  test('opens no text under a message key of another length', async () => {
    const material = randomBytes(32)
    const key = await importWrapping(token, material)
    const { iv, sealed } = await seal(token, key, patterned(20))
    // A wrap of 25 to 31 bytes is as long as that of a message key.
    for (const length of [25, 31, 16, 24, 33]) {
      const data = { wrapped: wrapPadded(material, patterned(length)), iv, sealed }
      expect(await failureOf(token.hsm.openData({ key, data, frame: FRAME }))).toBe('not-authentic')
    }
  })

  test('opens a text and seals it anew, under another key and in another frame', async () => {
    const [source, target] = [await token.generate('wrapping'), await token.generate('wrapping')]
    const data = await seal(token, source, patterned(300))
    const frame = { before: patterned(3), after: patterned(4) }
    const from = { key: source, data, frame: FRAME }
    const moved = await token.hsm.resealData({ from, to: { key: target, frame } })
    expect(hex(await token.hsm.openData({ key: target, data: moved, frame }))).toBe(
      hex(patterned(300)),
    )
    const forged = { ...from, frame }
    expect(
      await failureOf(token.hsm.resealData({ from: forged, to: { key: target, frame } })),
    ).toBe('not-authentic')
  })
}

function seal(
  token: TokenUnderTest,
  key: Parameters<TokenUnderTest['hsm']['sealData']>[0]['key'],
  plaintext: Uint8Array,
): Promise<SealedData> {
  return token.hsm.sealData({ key, plaintext, frame: FRAME })
}

/** NIST SP 800-38D under the key that RFC 5649 unwraps. */
function openWithNode(material: Uint8Array, { wrapped, iv, sealed }: SealedData): Uint8Array {
  const unwrap = createDecipheriv('id-aes256-wrap-pad', material, Buffer.from('a65959a6', 'hex'))
  const decipher = createDecipheriv('aes-256-gcm', unwrap.update(wrapped), iv)
  decipher.setAAD(Buffer.concat([FRAME.before, wrapped, iv, FRAME.after]))
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

function everyBit(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: 8 * bytes.length }, (_, bit) =>
    bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
  )
}
