import { MAX_PRIVATE_KEY_BYTES } from '../codec/datakey-frame.js'
import { type Macs, type PairAlgorithm, type PairGeneration } from './hsm-pairs.js'
import { HsmError } from './hsm.js'
import type { KeyRef } from './ids.js'
import { type BindingKeys, prepareFrame } from './seal.js'

/** What sealing of generated pairs needs. */
export interface PairSealing {
  readonly hsm: Pick<PairGeneration, 'generateWrappedPair'> & Pick<Macs, 'mac'>
  readonly bindingKeys: BindingKeys
}

/**
 * Has the token generate a pair, and packs the private half into a frame without ever seeing it. Returns the public
 * half as DER SubjectPublicKeyInfo.
 */
export async function generateSealedPair(
  { hsm, bindingKeys }: PairSealing,
  request: {
    readonly key: KeyRef
    readonly algorithm: PairAlgorithm
    readonly context: Uint8Array
  },
): Promise<{ readonly publicKey: Uint8Array; readonly frame: Uint8Array }> {
  const { key, algorithm } = request
  const { publicKey, wrapped } = await hsm.generateWrappedPair({ key, algorithm })
  const datakeyLength = wrapped.length - 8
  if (datakeyLength > MAX_PRIVATE_KEY_BYTES) {
    throw new HsmError('fault', 'The token wrapped a private key that is longer than any can be.')
  }
  // The header states the length of the wrap, which is known only now: hence the tag in a call of its own.
  const frame = prepareFrame(bindingKeys, { ...request, form: 'pair', datakeyLength })
  const { before, after, key: bindingKey } = frame.binding
  const message = Buffer.concat([before, wrapped, after])
  const tag = await hsm.mac({ key: bindingKey, hash: 'sha256', message })
  return { publicKey, frame: frame.finish({ wrapped, tag }) }
}
