import type { BindingKeys, Sealing } from '../../src/core/seal.js'
import { openDatakey, readDatakeyFrame } from '../../src/core/seal.js'
import type { Hsm } from '../../src/core/hsm.js'
import { type KeyId, type KeyRef, newKeyId } from '../../src/core/ids.js'
import { type MemoryHsmOptions, createMemoryHsm } from './memory-hsm.js'

/** Context bytes of an absent context. */
export const NO_CONTEXT: Uint8Array = Uint8Array.of(0)

/** An in-memory HSM with one wrapping key and some generations of binding keys, ready to seal. */
export interface MemorySealing extends Sealing {
  readonly hsm: Hsm
  readonly key: KeyRef
}

/** Makes an HSM with fresh keys; the last of the `generations` is the current one. */
export async function createMemorySealing(
  options: MemoryHsmOptions & { readonly generations?: number } = {},
): Promise<MemorySealing> {
  const hsm = createMemoryHsm(options)
  const key = { keyId: newKeyId(), version: 1 }
  await hsm.generateKey({ key, kind: 'wrapping', label: 'test/wrapping' })
  const generations: KeyRef[] = []
  for (let generation = 1; generation <= (options.generations ?? 1); generation++) {
    const bindingKey = { keyId: newKeyId(), version: generation }
    await hsm.generateKey({ key: bindingKey, kind: 'binding', label: 'test/binding' })
    generations.push(bindingKey)
  }
  return { hsm, key, bindingKeys: bindingKeysOf(generations) }
}

/** Binding keys by generation, of which the last one makes the tags. */
export function bindingKeysOf(generations: readonly KeyRef[]): BindingKeys {
  const current = generations.at(-1)
  if (!current) throw new Error('There must be one binding key at the least.')
  return {
    current,
    find: (generation) => generations.find(({ version }) => version === generation),
  }
}

/** Judges and opens the bytes of a frame, as decrypt-datakey does. */
export async function openBytes(
  sealing: Sealing,
  request: { readonly keyId: KeyId; readonly bytes: Uint8Array; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { keyId, bytes, context } = request
  return openDatakey(sealing, { keyId, frame: readDatakeyFrame(bytes, keyId), context })
}
