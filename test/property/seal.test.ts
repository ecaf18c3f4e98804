import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contextBytes } from '../../src/core/context-bytes.js'
import { KmsError } from '../../src/core/errors.js'
import { generateReadableDatakey, generateSealedDatakey, sealDatakey } from '../../src/core/seal.js'
import { contexts, datakeys, keyRefs } from '../support/arbitraries.js'
import { NO_CONTEXT, createMemorySealing, openBytes } from '../support/memory-sealing.js'

test('opening undoes sealing, for every data key, key and context', async () => {
  const sealing = await createMemorySealing({ generations: 2 })
  await fc.assert(
    fc.asyncProperty(datakeys(), contexts(), keyRefs(), async (dek, given, key) => {
      const context = contextBytes(given)
      await sealing.hsm.destroyKey(key)
      await sealing.hsm.generateKey({ key, kind: 'wrapping', label: 'test' })
      const bytes = await sealDatakey(sealing, { key, dek, context })
      const opened = await openBytes(sealing, { keyId: key.keyId, bytes, context })
      expect(hex(opened)).toBe(hex(dek))
    }),
  )
})

test('any other context does not open', async () => {
  const sealing = await createMemorySealing()
  await fc.assert(
    fc.asyncProperty(contexts(), contexts(), async (one, other) => {
      const context = contextBytes(one)
      const wrong = contextBytes(other)
      fc.pre(!Buffer.from(context).equals(wrong))
      const bytes = await sealDatakey(sealing, {
        key: sealing.key,
        dek: new Uint8Array(32),
        context,
      })
      const opening = openBytes(sealing, { keyId: sealing.key.keyId, bytes, context: wrong })
      await expect(opening).rejects.toMatchObject({ name: 'KmsError', code: 'KMS.2201' })
    }),
  )
})

test.each(['exact', 'padded'] as const)(
  'every length from 1 to 1024 is sealed, generated (%s) and opened',
  async (generated) => {
    const sealing = await createMemorySealing({ generated })
    const { key } = sealing
    for (let length = 1; length <= 1024; length++) {
      const request = { key, length, context: NO_CONTEXT }
      const dek = new Uint8Array(length).fill(length % 255 || 255)
      const readable = await generateReadableDatakey(sealing, request)
      const [sealed, unseen, seen] = await Promise.all(
        [
          await sealDatakey(sealing, { ...request, dek }),
          await generateSealedDatakey(sealing, request),
          readable.frame,
        ].map((bytes) => openBytes(sealing, { keyId: key.keyId, bytes, context: NO_CONTEXT })),
      )
      expect(hex(sealed)).toBe(hex(dek))
      expect(unseen).toHaveLength(length)
      expect(hex(seen)).toBe(hex(readable.dek))
    }
  },
)

test('bytes that nobody sealed are refused, and nothing else happens', async () => {
  const sealing = await createMemorySealing()
  const request = { keyId: sealing.key.keyId, context: NO_CONTEXT }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1200, size: 'max' }), async (bytes) => {
      await expect(openBytes(sealing, { ...request, bytes })).rejects.toBeInstanceOf(KmsError)
    }),
  )
})

/** Comparing texts is much quicker than comparing byte arrays with toEqual. */
function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex')
}
