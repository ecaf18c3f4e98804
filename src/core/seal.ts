import {
  type DatakeyForm,
  type DatakeyFrame,
  decodeDatakeyFrame,
  encodeDatakeyHeader,
} from '../codec/datakey-frame.js'
import { derLength } from '../codec/der-length.js'
import { encodeChecked, encodeKeyIdField } from '../codec/frame.js'
import { boundDigest } from './context-bytes.js'
import { sha256 } from './datakey.js'
import { type Binding, type BoundSecret, HsmError, type KeyWrapping } from './hsm.js'
import type { Rewrapping } from './hsm-data.js'
import type { KeyId, KeyRef } from './ids.js'
import { notAuthentic, orNotAuthentic, readFrame, requireKeyId } from './read-frame.js'

/** The binding keys of the token, by generation; the current one makes the tags. */
export interface BindingKeys {
  readonly current: KeyRef
  find(generation: number): KeyRef | undefined
}

/** What sealing and opening need. */
export interface Sealing {
  readonly hsm: KeyWrapping
  readonly bindingKeys: BindingKeys
}

/**
 * Wraps a secret that the caller gave and packs it into a frame: of a data key unless `form` says otherwise. The secret
 * stays the caller's, who zeroes it.
 */
export async function sealDatakey(
  { hsm, bindingKeys }: Sealing,
  request: {
    readonly key: KeyRef
    readonly dek: Uint8Array
    readonly context: Uint8Array
    readonly form?: DatakeyForm
  },
): Promise<Uint8Array> {
  const { key, dek, context, form = 'datakey' } = request
  const frame = prepareFrame(bindingKeys, { key, form, datakeyLength: dek.length, context })
  return frame.finish(await hsm.wrap({ key, secret: dek, binding: frame.binding }))
}

/** Has the token generate a DEK, and packs it into a frame without ever seeing it. */
export async function generateSealedDatakey(
  { hsm, bindingKeys }: Sealing,
  request: { readonly key: KeyRef; readonly length: number; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { key, length, context } = request
  const frame = prepareFrame(bindingKeys, {
    key,
    form: 'datakey',
    datakeyLength: length,
    context,
  })
  return frame.finish(await hsm.generateWrapped({ key, length, binding: frame.binding }))
}

/** Has the token draw a DEK, and returns it both clear and in a frame. The caller zeroes the clear one. */
export async function generateReadableDatakey(
  { hsm, bindingKeys }: Sealing,
  request: { readonly key: KeyRef; readonly length: number; readonly context: Uint8Array },
): Promise<{ readonly dek: Uint8Array; readonly frame: Uint8Array }> {
  const { key, length, context } = request
  const frame = prepareFrame(bindingKeys, {
    key,
    form: 'datakey',
    datakeyLength: length,
    context,
  })
  const made = await hsm.generateReadable({ key, length, binding: frame.binding })
  return { dek: made.secret, frame: frame.finish(made) }
}

/**
 * Takes a frame apart and judges everything that needs no key: structure, checksum, key id.
 *
 * @throws KmsError KMS.2201
 */
export function readDatakeyFrame(bytes: Uint8Array, keyId: KeyId): DatakeyFrame {
  const frame = readFrame(bytes, decodeDatakeyFrame)
  requireKeyId(frame, keyId)
  return frame
}

/**
 * Opens a frame that {@link readDatakeyFrame} accepted. The caller zeroes the secret returned: a DEK, or the DER of a
 * private key.
 *
 * @throws KmsError KMS.2201 for a forged frame and for a wrong context alike
 */
export async function openDatakey(
  { hsm, bindingKeys }: Sealing,
  request: SealedDatakey,
): Promise<Uint8Array> {
  const { frame } = request
  const secret = await orNotAuthentic(hsm.unwrap(sourceOf(bindingKeys, request)))
  return cutPadding(secret, frame.form === 'pair' ? (derLength(secret) ?? 0) : frame.datakeyLength)
}

/**
 * Moves a frame to another key or context without the secret ever leaving the token.
 *
 * @throws KmsError KMS.2201 as {@link openDatakey}
 */
export async function rewrapDatakey(
  { hsm, bindingKeys }: { readonly hsm: Rewrapping; readonly bindingKeys: BindingKeys },
  request: {
    readonly from: SealedDatakey
    readonly to: { readonly key: KeyRef; readonly context: Uint8Array }
  },
): Promise<Uint8Array> {
  const { from, to } = request
  const { form, datakeyLength } = from.frame
  const frame = prepareFrame(bindingKeys, {
    key: to.key,
    form,
    datakeyLength,
    context: to.context,
  })
  const moved = hsm.rewrap({
    from: sourceOf(bindingKeys, from),
    to: { key: to.key, binding: frame.binding },
  })
  return frame.finish(await orNotAuthentic(moved))
}

/** A frame, with the key and the context that it is said to be under. */
export interface SealedDatakey {
  readonly keyId: KeyId
  readonly frame: DatakeyFrame
  readonly context: Uint8Array
}

function sourceOf(
  bindingKeys: BindingKeys,
  { keyId, frame, context }: SealedDatakey,
): BoundSecret & { readonly key: KeyRef; readonly binding: Binding } {
  const bindingKey = bindingKeys.find(frame.bindingGeneration)
  if (!bindingKey) throw notAuthentic()
  return {
    key: { keyId, version: frame.keyVersion },
    wrapped: frame.wrapped,
    tag: frame.tag,
    binding: bindingOf(bindingKey, {
      header: frame.headerBytes,
      keyIdField: frame.keyIdField,
      context,
    }),
  }
}

/**
 * Cuts the zeroes that padded a secret to a multiple of 8; they are all a token may add.
 *
 * @throws HsmError `fault`, with the secret zeroed, when anything else follows it
 */
export function cutPadding(secret: Uint8Array, length: number): Uint8Array {
  const tail = secret.subarray(length)
  if (secret.length < length || tail.length > 7 || tail.some((byte) => byte !== 0)) {
    secret.fill(0)
    throw new HsmError('fault', 'The token unwrapped a secret of another length than was sealed.')
  }
  return secret.subarray(0, length)
}

/** A frame whose header is written: what the tag of its secret binds, and how it is put together. */
export interface PreparedFrame {
  readonly binding: Binding
  finish(bound: BoundSecret): Uint8Array
}

/** Begins a frame. */
export function prepareFrame(
  bindingKeys: BindingKeys,
  request: {
    readonly key: KeyRef
    readonly form: DatakeyForm
    readonly datakeyLength: number
    readonly context: Uint8Array
  },
): PreparedFrame {
  const bindingKey = bindingKeys.current
  const header = encodeDatakeyHeader({
    form: request.form,
    bindingGeneration: bindingKey.version,
    datakeyLength: request.datakeyLength,
    keyVersion: request.key.version,
  })
  const keyIdField = encodeKeyIdField(request.key.keyId)
  return {
    binding: bindingOf(bindingKey, { header, keyIdField, context: request.context }),
    finish({ wrapped, tag }) {
      const checked = encodeChecked({ header, body: [wrapped, tag], keyIdField })
      return Buffer.concat([checked, sha256(checked)])
    },
  }
}

/** The tag covers header ‖ wrapped ‖ key id field ‖ SHA-256 of the context: RFC 5649 has no associated data. */
function bindingOf(
  key: KeyRef,
  parts: {
    readonly header: Uint8Array
    readonly keyIdField: Uint8Array
    readonly context: Uint8Array
  },
): Binding {
  const after = Buffer.concat([parts.keyIdField, boundDigest(parts.context)])
  return { key, before: parts.header, after }
}
