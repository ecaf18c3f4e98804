import { type DataFrame, decodeDataFrame, encodeDataHeader } from '../codec/data-frame.js'
import { encodeChecked, encodeKeyIdField } from '../codec/frame.js'
import { sha256 } from './datakey.js'
import type { DataSealing, Rewrapping, SealedData, SealedFrame } from './hsm-data.js'
import type { KeyRef } from './ids.js'
import { orNotAuthentic, readFrame } from './read-frame.js'

/** Seals a text under a message key of its own, and packs it into a frame. Zeroes the text. */
export async function sealText(
  hsm: DataSealing,
  request: { readonly key: KeyRef; readonly text: Uint8Array; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { key, text } = request
  const frame = prepareFrame({ ...request, textLength: text.length })
  try {
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
 * @throws KmsError KMS.2201 for a forged frame and for a wrong context alike
 */
export function openText(hsm: DataSealing, sealed: SealedText): Promise<Uint8Array> {
  return orNotAuthentic(hsm.openData(sourceOf(sealed)))
}

/**
 * Seals a text anew under another key or context, in one call of the HSM: the service does not see it.
 *
 * @throws KmsError KMS.2201 as {@link openText}
 */
export async function resealText(
  hsm: Rewrapping,
  request: {
    readonly from: SealedText
    readonly to: { readonly key: KeyRef; readonly context: Uint8Array }
  },
): Promise<Uint8Array> {
  const { from, to } = request
  const frame = prepareFrame({ ...to, textLength: from.frame.textLength })
  const resealed = hsm.resealData({
    from: sourceOf(from),
    to: { key: to.key, frame: frame.bound },
  })
  return frame.finish(await orNotAuthentic(resealed))
}

function sourceOf({ key, frame, context }: SealedText): {
  readonly key: KeyRef
  readonly data: SealedData
  readonly frame: SealedFrame
} {
  const { wrapped, iv, sealed, headerBytes, keyIdField } = frame
  const after = Buffer.concat([keyIdField, sha256(context)])
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
    bound: { before: header, after: Buffer.concat([keyIdField, sha256(context)]) },
    finish({ wrapped, iv, sealed }) {
      const checked = encodeChecked({ header, body: [wrapped, iv, sealed], keyIdField })
      return Buffer.concat([checked, sha256(checked)])
    },
  }
}
