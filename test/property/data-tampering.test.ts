import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contextBytes } from '../../src/core/context-bytes.js'
import { KmsError } from '../../src/core/errors.js'
import { openText, readDataFrame, sealText } from '../../src/core/seal-data.js'
import { generateSealedPair } from '../../src/core/seal-pair.js'
import { contexts } from '../support/arbitraries.js'
import {
  type MemorySealing,
  NO_CONTEXT,
  createMemorySealing,
  openBytes,
} from '../support/memory-sealing.js'

const CHECKSUM_BYTES = 32

let sealing: MemorySealing
beforeAll(async () => {
  sealing = await createMemorySealing()
})

async function openSealedText(bytes: Uint8Array, context = NO_CONTEXT): Promise<Uint8Array> {
  return openText(sealing.hsm, { key: sealing.key, frame: readDataFrame(bytes), context })
}

const KINDS = [
  {
    kind: 'a text',
    make: async (): Promise<Uint8Array> => {
      const text = Buffer.from('attack at dawn')
      return sealText(sealing.hsm, { key: sealing.key, text, context: NO_CONTEXT })
    },
    open: (bytes: Uint8Array) => openSealedText(bytes),
  },
  {
    kind: 'a private key',
    make: async (): Promise<Uint8Array> => {
      const request = { key: sealing.key, algorithm: 'ec-p256', context: NO_CONTEXT } as const
      return (await generateSealedPair(sealing, request)).frame
    },
    open: (bytes: Uint8Array) =>
      openBytes(sealing, { keyId: sealing.key.keyId, bytes, context: NO_CONTEXT }),
  },
] as const

describe.each(KINDS)('a frame of $kind', ({ make, open }) => {
  test('opens, and no bit of it can be changed, with a checksum that fits or without', async () => {
    const frame = Buffer.from(await make())
    expect(await outcome(() => open(frame))).toBe('opened')
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const changed = flip(frame, bit)
      expect([bit, await outcome(() => open(changed))]).toEqual([bit, 'KMS.2201'])
      if (bit >= (frame.length - CHECKSUM_BYTES) * 8) continue
      const fitting = withChecksum(changed)
      expect([bit, await outcome(() => open(fitting))]).toEqual([bit, 'KMS.2201'])
    }
  })

  test('does not open cut anywhere, or with bytes behind', async () => {
    const frame = Buffer.from(await make())
    for (let length = 0; length < frame.length; length++) {
      const cut = withChecksum(frame.subarray(0, length))
      expect(await outcome(() => open(cut))).toBe('KMS.2201')
    }
    const longer = withChecksum(Buffer.concat([frame, Buffer.alloc(8)]))
    expect(await outcome(() => open(longer))).toBe('KMS.2201')
  })
})

test('a text opens in its context, and in no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 80 }),
      contexts(),
      contexts(),
      async (text, given, others) => {
        const [context, other] = [contextBytes(given), contextBytes(others)]
        const copy = Uint8Array.from(text)
        const frame = await sealText(sealing.hsm, { key: sealing.key, text: copy, context })
        const opened = await openSealedText(frame, context)
        expect(Buffer.from(opened).equals(text)).toBe(true)
        if (Buffer.from(context).equals(other)) return
        await expect(openSealedText(frame, other)).rejects.toMatchObject({ code: 'KMS.2201' })
      },
    ),
  )
})

test('bytes that nobody sealed are refused, and nothing else happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600, size: 'max' }), async (bytes) => {
      await expect(openSealedText(bytes)).rejects.toBeInstanceOf(KmsError)
    }),
  )
})

function flip(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return changed
}

/** The frame with its last 32 bytes made the digest of all before: what a forger can do as well. */
function withChecksum(bytes: Buffer): Buffer {
  const checked = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  return Buffer.concat([checked, createHash('sha256').update(checked).digest()])
}

async function outcome(opening: () => Promise<Uint8Array>): Promise<string> {
  try {
    await opening()
    return 'opened'
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}
