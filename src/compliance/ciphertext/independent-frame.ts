import { createDecipheriv, createHash, createHmac } from 'node:crypto'

/*
 * Frames taken apart a second time, written from docs/ciphertext.md alone: it shares no code with the service, so that a
 * mistake that encoder and decoder of the service have in common shows here. The cryptography is OpenSSL's.
 */

/** RFC 5649 section 3. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex')

/** One field of a frame: where it stands, its bytes, and what it must hold where that is known. */
export interface Field {
  readonly name: string
  readonly offset: number
  readonly hex: string
  /** Nothing where the bytes are chance. */
  readonly wanted: string | undefined
}

/** Fields of a data-key frame in their order, and the parts that are checked by computing. */
export interface DissectedFrame {
  readonly fields: readonly Field[]
  readonly wrapped: Buffer
  /** Tag of a data-key frame, or IV, ciphertext and GCM tag of a data frame. */
  readonly rest: Buffer
  /** Everything before the checksum. */
  readonly checked: Buffer
}

/** What is known of a frame that was just made. */
export interface FrameFacts {
  readonly keyId: string
  readonly keyVersion: number
  readonly bindingGeneration: number
  /** Bytes of the clear secret or text. */
  readonly length: number
}

/** Takes a data-key frame apart: docs/ciphertext.md, "Data-key frame". */
export function dissectDatakeyFrame(bytes: Uint8Array, facts: FrameFacts): DissectedFrame {
  const wrapBytes = 8 * Math.ceil(facts.length / 8) + 8
  const cut = cutter(bytes)
  const fields = [
    cut('frame version', 2, littleEndian(2, 2)),
    cut('payload length', 2, littleEndian(2, 116 + wrapBytes - 36)),
    cut('algorithm', 1, '01'),
    cut('binding-key generation', 1, littleEndian(1, facts.bindingGeneration)),
    cut('DEK length', 2, littleEndian(2, facts.length)),
    cut('key version', 4, littleEndian(4, facts.keyVersion)),
    cut('wrap', wrapBytes, undefined),
    cut('tag', 32, undefined),
    cut('key id', 40, keyIdField(facts.keyId)),
    cut('checksum', 32, checksumOf(bytes)),
  ]
  const body = Buffer.from(bytes)
  return {
    fields: [...fields, ...tail(bytes, fields)],
    wrapped: body.subarray(12, 12 + wrapBytes),
    rest: body.subarray(12 + wrapBytes, 44 + wrapBytes),
    checked: body.subarray(0, -32),
  }
}

/** Takes a data frame apart: docs/ciphertext.md, "Data frame". */
export function dissectDataFrame(
  bytes: Uint8Array,
  facts: Omit<FrameFacts, 'bindingGeneration'>,
): DissectedFrame {
  const cut = cutter(bytes)
  const fields = [
    cut('frame version', 2, littleEndian(2, 2)),
    cut('payload length', 2, littleEndian(2, 152 + facts.length - 36)),
    cut('algorithm', 1, '02'),
    cut('reserved', 3, '000000'),
    cut('key version', 4, littleEndian(4, facts.keyVersion)),
    cut('wrap', 40, undefined),
    cut('IV', 12, undefined),
    cut('ciphertext', facts.length, undefined),
    cut('GCM tag', 16, undefined),
    cut('key id', 40, keyIdField(facts.keyId)),
    cut('checksum', 32, checksumOf(bytes)),
  ]
  const body = Buffer.from(bytes)
  return {
    fields: [...fields, ...tail(bytes, fields)],
    wrapped: body.subarray(12, 52),
    rest: body.subarray(52, 80 + facts.length),
    checked: body.subarray(0, -32),
  }
}

/** Unwraps by OpenSSL (id-aes256-wrap-pad, RFC 5649). @throws Error of OpenSSL where the wrap is not right */
export function opensslUnwrap(kek: Uint8Array, wrapped: Uint8Array): Buffer {
  const decipher = createDecipheriv('id-aes256-wrap-pad', kek, INITIAL_VALUE)
  return Buffer.concat([decipher.update(wrapped), decipher.final()])
}

/** The tag of a data-key frame: HMAC-SHA-256 over header, wrap, key id field and the digest of the context bytes. */
export function datakeyTag(
  bindingKey: Uint8Array,
  { checked, wrapped }: DissectedFrame,
  context: Uint8Array,
): Buffer {
  return createHmac('sha256', bindingKey)
    .update(checked.subarray(0, 12 + wrapped.length))
    .update(checked.subarray(-40))
    .update(createHash('sha256').update(context).digest())
    .digest()
}

/** Opens the text of a data frame by OpenSSL. @throws Error of OpenSSL where the tag is not right */
export function opensslOpen(
  messageKey: Uint8Array,
  { checked, rest }: DissectedFrame,
  context: Uint8Array,
): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', messageKey, rest.subarray(0, 12))
  decipher.setAAD(
    Buffer.concat([
      checked.subarray(0, 64),
      checked.subarray(-40),
      createHash('sha256').update(context).digest(),
    ]),
  )
  decipher.setAuthTag(rest.subarray(-16))
  return Buffer.concat([decipher.update(rest.subarray(12, -16)), decipher.final()])
}

/** Writes the checksum of a frame anew, so that a change is not refused for the checksum alone. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  createHash('sha256')
    .update(copy.subarray(0, -32))
    .digest()
    .copy(copy, copy.length - 32)
  return Uint8Array.from(copy)
}

function cutter(
  bytes: Uint8Array,
): (name: string, size: number, wanted: string | undefined) => Field {
  let offset = 0
  return (name, size, wanted) => {
    const at = offset
    offset += size
    return {
      name,
      offset: at,
      hex: Buffer.from(bytes.subarray(at, offset)).toString('hex'),
      wanted,
    }
  }
}

/** What stands behind the last field: nothing may. */
function tail(bytes: Uint8Array, fields: readonly Field[]): readonly Field[] {
  const end = fields.reduce((sum, { hex }) => sum + hex.length / 2, 0)
  const rest = Buffer.from(bytes.subarray(end)).toString('hex')
  return rest === '' ? [] : [{ name: 'bytes behind the frame', offset: end, hex: rest, wanted: '' }]
}

function checksumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes.subarray(0, -32)).digest('hex')
}

function keyIdField(keyId: string): string {
  return `${Buffer.from(keyId, 'ascii').toString('hex')}00000000`
}

function littleEndian(size: number, value: number): string {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntLE(value, 0, size)
  return bytes.toString('hex')
}
