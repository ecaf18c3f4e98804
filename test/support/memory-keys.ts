import { createCipheriv, createDecipheriv } from 'node:crypto'
import { HsmError, type KeyKind } from '../../src/core/hsm.js'
import {
  type Attempt,
  KEY_FLAGS,
  type KeyAttributes,
  type KeyFlag,
} from '../../src/core/hsm-inspection.js'
import type { KeyRef } from '../../src/core/ids.js'
import type { MemoryPair } from './memory-token.js'

/** RFC 5649 section 3: the default initial value. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex')
const CKO_PUBLIC_KEY = 2
const CKO_PRIVATE_KEY = 3
const CKO_SECRET_KEY = 4
const CKK_RSA = 0
const CKK_EC = 3
const CKK_EC_EDWARDS = 0x40
const CKK_GENERIC_SECRET = 0x10
const CKK_AES = 0x1f

type MemoryFlags = KeyAttributes['flags']

// Built from the names of the flags, every one of them.
const NO_FLAGS = Object.fromEntries(KEY_FLAGS.map((flag) => [flag, undefined])) as MemoryFlags

/** Lengths of the keys in bytes. */
export const KIND_BYTES: Readonly<Record<KeyKind, number>> = {
  wrapping: 32,
  binding: 32,
  'hmac-256': 32,
  'hmac-384': 48,
  'hmac-512': 64,
  'sm4-wrapping': 16,
  'hmac-sm3': 32,
}

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
  if (value.length !== KIND_BYTES[kind]) {
    throw new HsmError('unsuitable', `A ${kind} key must have ${KIND_BYTES[kind]} bytes.`)
  }
  const wraps = kind === 'wrapping' || kind === 'sm4-wrapping'
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
  return {
    class: CKO_SECRET_KEY,
    keyType: kind === 'wrapping' ? CKK_AES : CKK_GENERIC_SECRET,
    label,
    id: objectId(ref),
    flags,
  }
}

/** Attributes of both halves of a pair as a token would report them. */
export function pairAttributesOf(pair: MemoryPair): readonly KeyAttributes[] {
  const { ref, label, algorithm } = pair
  const keyType = algorithm.startsWith('rsa-')
    ? CKK_RSA
    : algorithm === 'ed25519'
      ? CKK_EC_EDWARDS
      : CKK_EC
  const common = { keyType, label, id: objectId(ref) }
  return [
    { ...common, class: CKO_PRIVATE_KEY, flags: privateFlags(pair) },
    { ...common, class: CKO_PUBLIC_KEY, flags: publicFlags(pair) },
  ]
}

/** Flags of the private half of a pair; what only other classes of object have is not told. */
export function privateFlags({ use, local = true }: MemoryPair): MemoryFlags {
  return {
    ...NO_FLAGS,
    token: true,
    private: true,
    sensitive: true,
    extractable: false,
    alwaysSensitive: local,
    neverExtractable: local,
    local,
    modifiable: false,
    unwrap: use === 'import',
    decrypt: use === 'decrypt',
    sign: use === 'sign',
    derive: use === 'agree',
  }
}

function publicFlags({ use, local = true }: MemoryPair): MemoryFlags {
  return {
    ...NO_FLAGS,
    token: true,
    private: false,
    local,
    modifiable: false,
    wrap: false,
    encrypt: use === 'decrypt',
    verify: use === 'sign',
    derive: false,
  }
}

/** CKA_ID: 16 bytes of the key id, then the version as 4 bytes big-endian; hexadecimal. */
function objectId({ keyId, version }: KeyRef): string {
  return keyId.replaceAll('-', '') + version.toString(16).padStart(8, '0')
}

/** Tries on a key what a token must refuse, by the rules of PKCS#11 for its flags. */
export function attemptsOn({ flags }: { readonly flags: MemoryFlags }): readonly Attempt[] {
  return [
    attempt('read the value', flags.sensitive === true || !flags.extractable),
    attempt('make it extractable', !flags.modifiable),
    attempt('make it not sensitive', !flags.modifiable || flags.sensitive === true),
    attempt('wrap it under another key', !flags.extractable),
  ]
}

function attempt(name: string, refused: boolean): Attempt {
  const detail = refused ? 'The flags of the key forbid it.' : 'The flags of the key allow it.'
  return { attempt: name, refused, detail }
}
