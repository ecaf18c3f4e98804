import { canonicalMap } from '../codec/canonical-json.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'

/** Longest `encryption_context`, in characters of its canonical form. KMS API: Encrypting a DEK. */
const MAX_CONTEXT_CHARACTERS = 8192
/** Longest `additional_authenticated_data`, in bytes of UTF-8. */
const MAX_AAD_BYTES = 128

const FORM_NONE = 0x00
const FORM_MAP = 0x01
const FORM_TEXT = 0x02
const FORM_BOTH = 0x03
const FORM_PIN = 0x04

/** The two generations of the same idea: non-secret data that a ciphertext is bound to. */
export interface Context {
  /** `encryption_context` as it came: judged here, because only a flat map of texts is acceptable. */
  readonly map: unknown
  /** `additional_authenticated_data`. */
  readonly text: string | undefined
}

/**
 * Canonical bytes of a context.
 *
 * 0x01 ‖ RFC 8785 form of the map; 0x02 ‖ UTF-8 bytes of the text; both: 0x03 ‖ 4-byte little-endian length of the
 * first ‖ both; an absent context, an empty map and an empty text alike: the single byte 0x00.
 *
 * @throws KmsError KMS.0208 for a map, KMS.0308 for a text that is not acceptable
 */
export function contextBytes(context: Context): Uint8Array {
  const map = mapBytes(context.map)
  const text = textBytes(context.text)
  if (map && text) {
    const prefix = Buffer.alloc(5)
    prefix.writeUInt8(FORM_BOTH, 0)
    prefix.writeUInt32LE(map.length, 1)
    return Buffer.concat([prefix, map, text])
  }
  if (map) return Buffer.concat([Buffer.of(FORM_MAP), map])
  if (text) return Buffer.concat([Buffer.of(FORM_TEXT), text])
  return Buffer.of(FORM_NONE)
}

const DIGEST_OF_NONE = sha256(Buffer.of(FORM_NONE))

/** What a frame is bound to of the bytes of a context: their SHA-256. Shared by all calls without a context. */
export function boundDigest(context: Uint8Array): Uint8Array {
  return hasNone(context) ? DIGEST_OF_NONE : sha256(context)
}

/** Every other form has a byte more at the least. */
function hasNone(context: Uint8Array): boolean {
  return context.length === 1
}

/**
 * Hexadecimal SHA-256 of a context as it came, for the audit log: two calls with the same context can be told from two
 * with different ones. Nothing where there is no context, or one that is not acceptable.
 */
export function contextDigest(context: {
  readonly map: unknown
  readonly text: unknown
}): string | undefined {
  const { map, text } = context
  if (map === undefined && text === undefined) return undefined
  if (text !== undefined && typeof text !== 'string') return undefined
  try {
    const bytes = contextBytes({ map, text })
    return hasNone(bytes) ? undefined : Buffer.from(sha256(bytes)).toString('hex')
  } catch (error) {
    if (error instanceof KmsError) return undefined
    throw error
  }
}

/**
 * Canonical bytes of a context with a PIN: 0x04 ‖ SHA-256 of the PIN ‖ the bytes of the context without it.
 *
 * A frame holds only a MAC of them by a key that never leaves the HSM, so nobody can try PINs without asking the service.
 */
export function withPin(context: Uint8Array, pin: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(FORM_PIN), sha256(pin), context])
}

/**
 * Refuses a context where there is nothing to bind it to.
 *
 * @throws KmsError KMS.0308
 */
export function requireNoContext(context: Uint8Array): void {
  if (hasNone(context)) return
  throw new KmsError(
    'KMS.0308',
    'A ciphertext of an RSA key is not bound to anything: leave out the encryption context, the additional authenticated data and the PIN.',
  )
}

function mapBytes(value: unknown): Buffer | undefined {
  if (value === undefined) return undefined
  if (!isTextMap(value)) {
    throw new KmsError(
      'KMS.0208',
      'encryption_context must be an object whose values are all texts, with no member nested.',
    )
  }
  if (Object.keys(value).length === 0) return undefined
  const canonical = canonicalMap(value)
  if (canonical.length > MAX_CONTEXT_CHARACTERS) {
    throw new KmsError(
      'KMS.0208',
      `encryption_context must not exceed ${MAX_CONTEXT_CHARACTERS} characters as compact JSON.`,
    )
  }
  return Buffer.from(canonical, 'utf8')
}

function isTextMap(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  // A lone surrogate has no UTF-8 form: two different maps would give the same bytes (RFC 8785 section 3.2.2.2).
  return Object.entries(value).every(
    ([name, text]) => name.isWellFormed() && typeof text === 'string' && text.isWellFormed(),
  )
}

function textBytes(text: string | undefined): Buffer | undefined {
  if (text === undefined || text === '') return undefined
  if (!text.isWellFormed()) {
    throw new KmsError('KMS.0308', 'additional_authenticated_data must be valid Unicode text.')
  }
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > MAX_AAD_BYTES) {
    throw new KmsError(
      'KMS.0308',
      `additional_authenticated_data must not exceed ${MAX_AAD_BYTES} bytes of UTF-8.`,
    )
  }
  return bytes
}
