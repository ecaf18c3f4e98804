import { createHash, randomBytes } from 'node:crypto'
import { KmsError } from '../../core/errors.js'
import type { Hsm } from '../../core/hsm.js'
import type { Vector, VectorAnswer } from '../../core/hsm-assessment.js'
import {
  type Sealing,
  generateReadableDatakey,
  generateSealedDatakey,
  openDatakey,
  readDatakeyFrame,
  sealDatakey,
} from '../../core/seal.js'
import { openText, readDataFrame, sealText } from '../../core/seal-data.js'
import { withChecksum } from './independent-frame.js'
import { type KnownKey, type ThrowAwayHsm, withKnownKeys } from './throw-away-keys.js'

/** How a frame was made. */
export type FrameForm = 'sealed' | 'drawn' | 'generated' | 'text'

/** A frame of the service, and all that is known of it. */
export interface MadeFrame {
  readonly form: FrameForm
  readonly bytes: Uint8Array
  readonly context: Uint8Array
  readonly length: number
  /** SHA-256 of the clear secret or text, hexadecimal; nothing where the token alone knew it. */
  readonly digest: string | undefined
}

/** A frame with one byte changed, and whether it was refused. */
export interface Mutation {
  /** `as-is`: nothing else was changed; `checksum`: the checksum was made right again. */
  readonly kind: 'as-is' | 'checksum'
  readonly offset: number
  readonly refused: boolean
}

/** What was made and tried. Its keys were destroyed: their values guard nothing. */
export interface TriedFrames {
  readonly keys: {
    readonly keyId: string
    readonly keyVersion: number
    readonly wrapping: Uint8Array
    readonly binding: Uint8Array
    readonly bindingGeneration: number
  }
  readonly frames: readonly MadeFrame[]
  readonly mutations: readonly { readonly form: FrameForm; readonly tries: readonly Mutation[] }[]
  /** Wraps with one byte changed, straight to C_UnwrapKey without any tag: by offset, what the token made of it. */
  readonly rawUnwraps: readonly VectorAnswer[]
}

/** What the trial needs of the token. */
export type FramesHsm = ThrowAwayHsm & Hsm

const LENGTHS = [1, 7, 8, 16, 24, 31, 32, 33, 64, 128, 1024]
/** Context bytes of no context, and of a text: docs/ciphertext.md. */
const CONTEXTS = [Uint8Array.of(0), Uint8Array.from(Buffer.from('\u0002{"tenant":"a"}', 'latin1'))]

/**
 * Makes frames by the code that serves, under keys of known values that exist for that alone, and changes every byte of
 * some of them.
 *
 * @throws HsmError
 */
export async function tryFrames(hsm: FramesHsm): Promise<TriedFrames> {
  return await withKnownKeys(hsm, async ({ wrapping, binding }) => {
    const sealing = sealingOf(hsm, binding)
    const frames = [
      ...(await makeDatakeys(sealing, hsm, wrapping)),
      ...(hsm.limits.sealsData ? await makeTexts(hsm, wrapping) : []),
    ]
    const samples = (['sealed', 'text'] as const).flatMap((form) => {
      const found = frames.find((frame) => frame.form === form && frame.length === 32)
      return found ? [found] : []
    })
    const mutations = []
    for (const frame of samples) {
      const tries = await mutate(frame, (bytes) => open({ sealing, hsm, wrapping }, frame, bytes))
      mutations.push({ form: frame.form, tries })
    }
    const [first] = samples
    return {
      keys: {
        keyId: wrapping.key.keyId,
        keyVersion: wrapping.key.version,
        wrapping: Uint8Array.from(wrapping.value),
        binding: Uint8Array.from(binding.value),
        bindingGeneration: binding.key.version,
      },
      frames,
      mutations,
      rawUnwraps: first ? await hsm.vectors(changedWraps(wrapping, first)) : [],
    }
  })
}

function sealingOf(hsm: FramesHsm, { key }: KnownKey): Sealing {
  return {
    hsm,
    bindingKeys: {
      current: key,
      find: (generation) => (generation === key.version ? key : undefined),
    },
  }
}

async function makeDatakeys(
  sealing: Sealing,
  hsm: FramesHsm,
  { key }: KnownKey,
): Promise<readonly MadeFrame[]> {
  const made: MadeFrame[] = []
  for (const length of LENGTHS.filter((bytes) => bytes <= hsm.limits.maxSecretBytes)) {
    for (const context of CONTEXTS) {
      const dek = Uint8Array.from(randomBytes(length))
      const digest = sha256(dek)
      const bytes = await sealDatakey(sealing, { key, dek, context })
      made.push({ form: 'sealed', bytes, context, length, digest })
    }
    const [context = Uint8Array.of(0)] = CONTEXTS
    const drawn = await generateReadableDatakey(sealing, { key, length, context })
    const digest = sha256(drawn.dek)
    drawn.dek.fill(0)
    made.push({ form: 'drawn', bytes: drawn.frame, context, length, digest })
    const unseen = await generateSealedDatakey(sealing, { key, length, context })
    made.push({ form: 'generated', bytes: unseen, context, length, digest: undefined })
  }
  return made
}

async function makeTexts(hsm: FramesHsm, { key }: KnownKey): Promise<readonly MadeFrame[]> {
  const made: MadeFrame[] = []
  for (const length of [1, 32, 4096]) {
    for (const context of CONTEXTS) {
      const text = Uint8Array.from(randomBytes(length))
      const digest = sha256(text)
      const bytes = await sealText(hsm, { key, text, context })
      made.push({ form: 'text', bytes, context, length, digest })
    }
  }
  return made
}

async function mutate(
  { bytes }: MadeFrame,
  opens: (changed: Uint8Array) => Promise<boolean>,
): Promise<readonly Mutation[]> {
  const tries: Mutation[] = []
  for (let offset = 0; offset < bytes.length; offset++) {
    const changed = Uint8Array.from(bytes)
    // Another bit from byte to byte, so that a field of one bit is not missed on all of them.
    changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset % 8))
    tries.push({ kind: 'as-is', offset, refused: !(await opens(changed)) })
    if (offset >= bytes.length - 32) continue
    const mended = withChecksum(changed)
    tries.push({ kind: 'checksum', offset, refused: !(await opens(mended)) })
  }
  return tries
}

/** Whether a frame opens by the code that serves. */
async function open(
  by: { readonly sealing: Sealing; readonly hsm: FramesHsm; readonly wrapping: KnownKey },
  { form, context }: MadeFrame,
  bytes: Uint8Array,
): Promise<boolean> {
  const { keyId } = by.wrapping.key
  try {
    const opened =
      form === 'text'
        ? await openText(by.hsm, { key: by.wrapping.key, frame: readDataFrame(bytes), context })
        : await openDatakey(by.sealing, { keyId, frame: readDatakeyFrame(bytes, keyId), context })
    opened.fill(0)
    return true
  } catch (error) {
    if (error instanceof KmsError && error.code === 'KMS.2201') return false
    throw error
  }
}

function changedWraps({ value }: KnownKey, { bytes }: MadeFrame): readonly Vector[] {
  const wrapped = bytes.subarray(12, 52)
  return Array.from(wrapped, (byte, offset) => {
    const changed = Uint8Array.from(wrapped)
    changed[offset] = byte ^ (1 << (offset % 8))
    return { form: 'kwp-unwrap', kek: value, wrapped: changed } as const
  })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
