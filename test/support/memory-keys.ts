import { createCipheriv, createDecipheriv } from 'node:crypto'
import {
  type Attempt,
  HsmError,
  type KeyAttributes,
  type KeyFlag,
  type KeyKind,
} from '../../src/core/hsm.js'
import type { KeyRef } from '../../src/core/ids.js'

/** RFC 5649 section 3: the default initial value. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex')
const CKO_SECRET_KEY = 4
const CKK_GENERIC_SECRET = 0x10
const CKK_AES = 0x1f

/** A key of the in-memory HSM. */
export interface MemoryKey {
  readonly ref: KeyRef
  readonly kind: KeyKind
  readonly label: string
  readonly value: Buffer
  readonly flags: Readonly<Record<KeyFlag, boolean>>
}

/** Makes a key with the flags of its kind; its value is copied. */
export function makeKey(request: {
  readonly key: KeyRef
  readonly kind: KeyKind
  readonly label: string
  readonly value: Uint8Array
  readonly local: boolean
  readonly extractable?: boolean
}): MemoryKey {
  const { key, kind, label, local, value, extractable = false } = request
  if (value.length !== 32) throw new HsmError('unsupported', 'A key must have 32 bytes.')
  const wraps = kind === 'wrapping'
  const flags = {
    token: true,
    private: true,
    sensitive: !extractable,
    extractable,
    alwaysSensitive: local && !extractable,
    neverExtractable: local && !extractable,
    local,
    modifiable: extractable,
    wrap: wraps,
    unwrap: wraps,
    encrypt: false,
    decrypt: false,
    sign: !wraps,
    verify: !wraps,
    derive: false,
  }
  return { ref: key, kind, label, value: Buffer.from(value), flags }
}

/** Name of a key within the store. */
export function refName({ keyId, version }: KeyRef): string {
  return `${keyId}/${version}`
}

/** RFC 5649 wrap; a key of 16, 24 or 32 bytes. */
export function wrapPadded(key: Uint8Array, secret: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`id-aes${8 * key.length}-wrap-pad`, key, INITIAL_VALUE)
  return Uint8Array.from(Buffer.concat([cipher.update(secret), cipher.final()]))
}

/**
 * RFC 5649 unwrap.
 *
 * @throws HsmError `fault` when the integrity check fails
 */
export function unwrapPadded(key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(`id-aes${8 * key.length}-wrap-pad`, key, INITIAL_VALUE)
  try {
    // OpenSSL gives the whole of a wrap-mode answer in one piece; `final` adds nothing.
    return decipher.update(wrapped)
  } catch {
    throw new HsmError('fault', 'The wrapped secret does not unwrap under this key.')
  }
}

/** Attributes of a key as a token would report them. */
export function attributesOf({ ref, kind, label, flags }: MemoryKey): KeyAttributes {
  const id = Buffer.alloc(20)
  id.write(ref.keyId.replaceAll('-', ''), 'hex')
  id.writeUInt32BE(ref.version, 16)
  return {
    class: CKO_SECRET_KEY,
    keyType: kind === 'wrapping' ? CKK_AES : CKK_GENERIC_SECRET,
    label,
    id: id.toString('hex'),
    flags,
  }
}

/** Tries on a key what a token must refuse, by the rules of PKCS#11 for its flags. */
export function attemptsOn({ flags }: MemoryKey): readonly Attempt[] {
  return [
    attempt('read the value', flags.sensitive || !flags.extractable),
    attempt('make it extractable', !flags.modifiable),
    attempt('make it not sensitive', !flags.modifiable || flags.sensitive),
    attempt('wrap it under another key', !flags.extractable),
  ]
}

function attempt(name: string, refused: boolean): Attempt {
  const detail = refused ? 'The flags of the key forbid it.' : 'The flags of the key allow it.'
  return { attempt: name, refused, detail }
}
