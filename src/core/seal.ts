import { timingSafeEqual } from 'node:crypto'
import {
  type DatakeyFrame,
  type DatakeyHeader,
  MalformedBytes,
  decodeDatakeyFrame,
  encodeChecked,
  encodeDatakeyHeader,
  encodeKeyIdField,
} from '../codec/datakey-frame.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'
import { type Binding, type BoundSecret, HsmError, type KeyWrapping } from './hsm.js'
import type { KeyId, KeyRef } from './ids.js'

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

/** Wraps a DEK that the caller gave and packs it into a frame. The DEK stays the caller's, who zeroes it. */
export async function sealDatakey(
  { hsm, bindingKeys }: Sealing,
  request: { readonly key: KeyRef; readonly dek: Uint8Array; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const frame = prepareFrame(bindingKeys, { ...request, datakeyLength: request.dek.length })
  return frame.finish(
    await hsm.wrap({ key: request.key, secret: request.dek, binding: frame.binding }),
  )
}

/** Has the token generate a DEK, and packs it into a frame without ever seeing it. */
export async function generateSealedDatakey(
  { hsm, bindingKeys }: Sealing,
  request: { readonly key: KeyRef; readonly length: number; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { key, length } = request
  const frame = prepareFrame(bindingKeys, { ...request, datakeyLength: length })
  return frame.finish(await hsm.generateWrapped({ key, length, binding: frame.binding }))
}

/** Has the token draw a DEK, and returns it both clear and in a frame. The caller zeroes the clear one. */
export async function generateReadableDatakey(
  { hsm, bindingKeys }: Sealing,
  request: { readonly key: KeyRef; readonly length: number; readonly context: Uint8Array },
): Promise<{ readonly dek: Uint8Array; readonly frame: Uint8Array }> {
  const { key, length } = request
  const frame = prepareFrame(bindingKeys, { ...request, datakeyLength: length })
  const made = await hsm.generateReadable({ key, length, binding: frame.binding })
  return { dek: made.secret, frame: frame.finish(made) }
}

/**
 * Takes a frame apart and judges everything that needs no key: structure, checksum, key id.
 *
 * @throws KmsError KMS.2201
 */
export function readDatakeyFrame(bytes: Uint8Array, keyId: KeyId): DatakeyFrame {
  const frame = decode(bytes)
  // A cheap answer to mistyped input. It proves nothing: whoever forges a frame can compute it.
  if (!timingSafeEqual(sha256(frame.checked), frame.checksum)) {
    throw new KmsError('KMS.2201', 'cipher_text is damaged: its checksum does not match.')
  }
  if (!Buffer.from(encodeKeyIdField(keyId)).equals(frame.keyIdField)) {
    throw new KmsError('KMS.2201', 'cipher_text was not made under the key that key_id names.')
  }
  return frame
}

/**
 * Opens a frame that {@link readDatakeyFrame} accepted. The caller zeroes the DEK returned.
 *
 * @throws KmsError KMS.2201 for a forged frame and for a wrong context alike
 */
export async function openDatakey(
  { hsm, bindingKeys }: Sealing,
  request: { readonly keyId: KeyId; readonly frame: DatakeyFrame; readonly context: Uint8Array },
): Promise<Uint8Array> {
  const { frame, keyId } = request
  const bindingKey = bindingKeys.find(frame.bindingGeneration)
  if (!bindingKey) throw notAuthentic()
  const secret = await hsm
    .unwrap({
      key: { keyId, version: frame.keyVersion },
      wrapped: frame.wrapped,
      tag: frame.tag,
      binding: bindingOf(bindingKey, {
        header: frame.headerBytes,
        keyIdField: frame.keyIdField,
        context: request.context,
      }),
    })
    .catch((error: unknown) => {
      if (error instanceof HsmError && error.failure === 'not-authentic') throw notAuthentic(error)
      throw error
    })
  return cutPadding(secret, frame.datakeyLength)
}

function decode(bytes: Uint8Array): DatakeyFrame {
  try {
    return decodeDatakeyFrame(bytes)
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    throw new KmsError('KMS.2201', `cipher_text is not one of this service. ${error.message}`, {
      cause: error,
    })
  }
}

function notAuthentic(cause?: unknown): KmsError {
  return new KmsError(
    'KMS.2201',
    'cipher_text does not open: it was changed, or the encryption context is not the one it was made with.',
    { cause },
  )
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

interface PreparedFrame {
  readonly binding: Binding
  finish(bound: BoundSecret): Uint8Array
}

function prepareFrame(
  bindingKeys: BindingKeys,
  request: { readonly key: KeyRef; readonly datakeyLength: number; readonly context: Uint8Array },
): PreparedFrame {
  const bindingKey = bindingKeys.current
  const header = encodeDatakeyHeader(headerOf(request, bindingKey))
  const keyIdField = encodeKeyIdField(request.key.keyId)
  return {
    binding: bindingOf(bindingKey, { header, keyIdField, context: request.context }),
    finish({ wrapped, tag }) {
      const checked = encodeChecked({ header, wrapped, tag, keyIdField })
      return Buffer.concat([checked, sha256(checked)])
    },
  }
}

function headerOf(
  request: { readonly key: KeyRef; readonly datakeyLength: number },
  bindingKey: KeyRef,
): DatakeyHeader {
  return {
    bindingGeneration: bindingKey.version,
    datakeyLength: request.datakeyLength,
    keyVersion: request.key.version,
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
  const after = Buffer.concat([parts.keyIdField, sha256(parts.context)])
  return { key, before: parts.header, after }
}
