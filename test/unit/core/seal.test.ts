import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { KmsError } from '../../../src/core/errors.js'
import { HsmError } from '../../../src/core/hsm.js'
import { newKeyId } from '../../../src/core/ids.js'
import {
  generateReadableDatakey,
  generateSealedDatakey,
  readDatakeyFrame,
  sealDatakey,
} from '../../../src/core/seal.js'
import type { HsmCall } from '../../support/memory-hsm.js'
import {
  type MemorySealing,
  NO_CONTEXT,
  bindingKeysOf,
  createMemorySealing,
  openBytes,
} from '../../support/memory-sealing.js'

const DEK = Uint8Array.from({ length: 64 }, (_, at) => at)

async function sealed(sealing: MemorySealing, dek = DEK): Promise<Buffer> {
  return Buffer.from(await sealDatakey(sealing, { key: sealing.key, dek, context: NO_CONTEXT }))
}

function open(sealing: MemorySealing, bytes: Uint8Array): Promise<Uint8Array> {
  return openBytes(sealing, { keyId: sealing.key.keyId, bytes, context: NO_CONTEXT })
}

/** The sentence with which a frame is refused. */
async function refusalOf(opening: Promise<Uint8Array>): Promise<string> {
  try {
    await opening
  } catch (error) {
    if (error instanceof KmsError && error.code === 'KMS.2201') return error.message
    throw error
  }
  throw new Error('It opened.')
}

/** The same sealing, whose HSM gives another secret than was wrapped. */
function unwrappingTo(sealing: MemorySealing, secret: Uint8Array): MemorySealing {
  const { hsm } = sealing
  const broken = new Proxy(hsm, {
    get: (target, name): unknown =>
      name === 'unwrap' ? () => Promise.resolve(secret) : Reflect.get(target, name, target),
  })
  return { ...sealing, hsm: broken }
}

describe('a sealed data key', () => {
  test('of 64 bytes has the published outer layout', async () => {
    const sealing = await createMemorySealing()
    const frame = await sealed(sealing)
    expect(frame).toHaveLength(188)
    expect(frame.subarray(0, 4).toString('hex')).toBe('02009800')
    expect(frame.subarray(4, 12).toString('hex')).toBe('0101400001000000')
    expect(frame.subarray(116, 152).toString('latin1')).toBe(sealing.key.keyId)
    expect(frame.subarray(152, 156)).toEqual(Buffer.alloc(4))
    const checksum = createHash('sha256').update(frame.subarray(0, 156)).digest()
    expect(frame.subarray(156)).toEqual(checksum)
  })

  test('leaves the clear one as it was', async () => {
    const dek = Uint8Array.from(DEK)
    await sealed(await createMemorySealing(), dek)
    expect(dek).toEqual(DEK)
  })

  test('carries the version of its key and the generation of its binding key', async () => {
    const sealing = await createMemorySealing({ generations: 3 })
    const key = { ...sealing.key, version: 0x0a0b0c0d }
    await sealing.hsm.generateKey({ key, kind: 'wrapping', label: 'test' })
    const frame = await sealed({ ...sealing, key })
    expect(frame.subarray(4, 12).toString('hex')).toBe('010340000d0c0b0a')
    expect(readDatakeyFrame(frame, key.keyId)).toMatchObject({
      bindingGeneration: 3,
      datakeyLength: 64,
      keyVersion: 0x0a0b0c0d,
      keyId: key.keyId,
    })
    expect(Buffer.from(await open(sealing, frame))).toEqual(Buffer.from(DEK))
  })

  test('opens when younger binding keys and key versions have come', async () => {
    const sealing = await createMemorySealing()
    const frame = await sealed(sealing)
    const bindingKey = { keyId: newKeyId(), version: 2 }
    await sealing.hsm.generateKey({ key: bindingKey, kind: 'binding', label: 'test' })
    const younger = bindingKeysOf([sealing.bindingKeys.current, bindingKey])
    expect(Buffer.from(await open({ ...sealing, bindingKeys: younger }, frame))).toEqual(
      Buffer.from(DEK),
    )
  })

  test('does not open without the generation that it names', async () => {
    const sealing = await createMemorySealing({ generations: 2 })
    const frame = await sealed(sealing)
    const first = sealing.bindingKeys.find(1)
    if (!first) throw new Error('There is no first generation.')
    const opening = open({ ...sealing, bindingKeys: bindingKeysOf([first]) }, frame)
    await expect(opening).rejects.toMatchObject({ code: 'KMS.2201' })
  })

  test('reaches the token only when its checksum and key id are right', async () => {
    const calls: HsmCall[] = []
    const sealing = await createMemorySealing({
      beforeCall(call) {
        calls.push(call)
        return undefined
      },
    })
    const frame = await sealed(sealing)
    calls.length = 0
    const damaged = Buffer.from(frame)
    damaged.writeUInt8(damaged.readUInt8(20) ^ 1, 20)
    await expect(open(sealing, damaged)).rejects.toThrow('checksum')
    const elsewhere = { keyId: newKeyId(), bytes: frame, context: NO_CONTEXT }
    await expect(openBytes(sealing, elsewhere)).rejects.toThrow('key_id')
    expect(calls).toEqual([])
    await open(sealing, frame)
    expect(calls).toEqual(['unwrap'])
  })

  test('says the same of a wrong context as of a forged frame', async () => {
    const sealing = await createMemorySealing()
    const frame = await sealed(sealing)
    const wrong = openBytes(sealing, {
      keyId: sealing.key.keyId,
      bytes: frame,
      context: Uint8Array.of(2, 0x61),
    })
    const forged = Buffer.from(frame)
    forged.writeUInt8(forged.readUInt8(90) ^ 1, 90)
    createHash('sha256').update(forged.subarray(0, 156)).digest().copy(forged, 156)
    const messages = await Promise.all([wrong, open(sealing, forged)].map(refusalOf))
    expect(messages[0]).toMatch(/^cipher_text does not open/)
    expect(messages[1]).toBe(messages[0])
  })
})

describe('a failure of the token', () => {
  test.each(['unavailable', 'busy', 'key-missing', 'unsupported', 'fault'] as const)(
    '%s is passed on',
    async (failure) => {
      const failing = new HsmError(failure, 'It happens.')
      let broken = false
      const sealing = await createMemorySealing({
        beforeCall: () => (broken ? failing : undefined),
      })
      const frame = await sealed(sealing)
      broken = true
      const { key } = sealing
      const request = { key, length: 64, context: NO_CONTEXT }
      await expect(open(sealing, frame)).rejects.toBe(failing)
      await expect(sealed(sealing)).rejects.toBe(failing)
      await expect(generateSealedDatakey(sealing, request)).rejects.toBe(failing)
      await expect(generateReadableDatakey(sealing, request)).rejects.toBe(failing)
    },
  )

  test('to hold the key is key-missing, not a forgery', async () => {
    const sealing = await createMemorySealing()
    const frame = await sealed(sealing)
    await sealing.hsm.destroyKey(sealing.key)
    await expect(open(sealing, frame)).rejects.toMatchObject({
      name: 'HsmError',
      failure: 'key-missing',
    })
  })
})

describe('a token that unwraps to', () => {
  test.each([
    ['the length itself', 5, 5],
    ['zeroes behind, up to a multiple of 8', 5, 8],
    ['the most zeroes there may be', 1, 8],
  ])('%s is believed', async (_, length, unwrapped) => {
    const sealing = await createMemorySealing()
    const frame = await sealed(sealing, new Uint8Array(length).fill(9))
    const secret = new Uint8Array(unwrapped).fill(9, 0, length)
    const opened = await open(unwrappingTo(sealing, secret), frame)
    expect(Buffer.from(opened)).toEqual(Buffer.alloc(length, 9))
  })

  test.each([
    ['less than the length', Uint8Array.of(9, 9, 9, 9)],
    ['nothing', new Uint8Array(0)],
    ['other bytes than zeroes behind', Uint8Array.of(9, 9, 9, 9, 9, 0, 0, 1)],
    ['more zeroes than a padding has', Uint8Array.of(9, 9, 9, 9, 9, ...new Uint8Array(8))],
  ])('%s is a fault, and the secret is zeroed', async (_, secret) => {
    const sealing = await createMemorySealing()
    const frame = await sealed(sealing, new Uint8Array(5).fill(9))
    const opening = open(unwrappingTo(sealing, secret), frame)
    await expect(opening).rejects.toMatchObject({ name: 'HsmError', failure: 'fault' })
    expect(secret.every((byte) => byte === 0)).toBe(true)
  })
})
