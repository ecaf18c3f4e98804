import { type DataFrame, decodeDataFrame, encodeDataHeader } from '../codec/data-frame.js'
import { encodeChecked, encodeKeyIdField } from '../codec/frame.js'
import { boundDigest } from './context-bytes.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'
import type { HsmLimits } from './hsm.js'
import type { DataSealing, Rewrapping, SealedData, SealedFrame } from './hsm-data.js'
import type { KeyRef } from './ids.js'
import { orNotAuthentic, readFrame } from './read-frame.js'

/** A port of a token, and whether the token seals texts at all. */
type Able<Port> = Port & { readonly limits: Pick<HsmLimits, 'sealsData'> }

/**
 * Seals a text under a message key of its own, and packs it into a frame. Zeroes the text.
 *
 * @throws KmsError KMS.2105 where the token cannot
 */
export async function sealText(
  hsm: Able<DataSealing>,
  request: { readonly key: KeyRef; readonly text: Uint8Array; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { key, text, context } = request
  const frame = prepareFrame({ key, textLength: text.length, context })
  try {
    requireSealing(hsm.limits)
    return frame.finish(await hsm.sealData({ key, plaintext: text, frame: frame.bound }))
  } finally {
    text.fill(0)
  }
}

/**
 * Takes a frame apart and judges its structure and its checksum; the key that it names is the caller's to judge.
 *
 * @throws KmsError KMS.2201
 */
export function readDataFrame(bytes: Uint8Array): DataFrame {
  return readFrame(bytes, decodeDataFrame)
}

/** A frame, with the key and the context that it is said to be under. */
export interface SealedText {
  readonly key: KeyRef
  readonly frame: DataFrame
  readonly context: Uint8Array
}

/**
 * Opens a frame. The caller zeroes the text returned.
 *
 * @throws KmsError KMS.2201 for a forged frame and for a wrong context alike, KMS.2105 where the token cannot
 */
export async function openText(hsm: Able<DataSealing>, sealed: SealedText): Promise<Uint8Array> {
  requireSealing(hsm.limits)
  return await orNotAuthentic(hsm.openData(sourceOf(sealed)))
}

/**
 * Seals a text anew under another key or context, in one call of the HSM: the service does not see it.
 *
 * @throws KmsError KMS.2201 and KMS.2105 as {@link openText}
 */
export async function resealText(
  hsm: Able<Rewrapping>,
  request: {
    readonly from: SealedText
    readonly to: { readonly key: KeyRef; readonly context: Uint8Array }
  },
): Promise<Uint8Array> {
  const { from, to } = request
  requireSealing(hsm.limits)
  const { key, context } = to
  const frame = prepareFrame({ key, textLength: from.frame.textLength, context })
  const resealed = hsm.resealData({
    from: sourceOf(from),
    to: { key, frame: frame.bound },
  })
  return frame.finish(await orNotAuthentic(resealed))
}

function requireSealing({ sealsData }: Pick<HsmLimits, 'sealsData'>): void {
  if (sealsData) return
  throw new KmsError(
    'KMS.2105',
    'The token of this key has no AES-GCM for texts: encrypt them with a data key, or under an RSA key.',
  )
}

function sourceOf({ key, frame, context }: SealedText): {
  readonly key: KeyRef
  readonly data: SealedData
  readonly frame: SealedFrame
} {
  const { wrapped, iv, sealed, headerBytes, keyIdField } = frame
  const after = Buffer.concat([keyIdField, boundDigest(context)])
  return { key, data: { wrapped, iv, sealed }, frame: { before: headerBytes, after } }
}

function prepareFrame(request: {
  readonly key: KeyRef
  readonly textLength: number
  readonly context: Uint8Array
}): { readonly bound: SealedFrame; finish(data: SealedData): Uint8Array } {
  const { key, textLength, context } = request
  const header = encodeDataHeader({ keyVersion: key.version, textLength })
  const keyIdField = encodeKeyIdField(key.keyId)
  return {
    bound: { before: header, after: Buffer.concat([keyIdField, boundDigest(context)]) },
    finish({ wrapped, iv, sealed }) {
      const checked = encodeChecked({ header, body: [wrapped, iv, sealed], keyIdField })
      return Buffer.concat([checked, sha256(checked)])
    },
  }
}
