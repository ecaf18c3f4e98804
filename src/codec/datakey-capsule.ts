import { MAX_DATAKEY_FRAME_BYTES } from './datakey-frame.js'
import { MalformedBytes } from './frame.js'

/*
 * The data-key capsule: `datakey_capsule` of the capsule calls, base64 on the wire. Integers are little-endian.
 *
 *   offset   size  field
 *   0        2     capsule version  = 1
 *   2        1     policy kind      = 1: id of a stored policy; 2: the policy itself
 *   3        1     reserved         = 0
 *   4        4     length of the policy in bytes
 *   8        p     policy: 36 characters of a UUID, or JSON text in UTF-8
 *   8+p      m     data-key frame, whose context is 0x05 followed by bytes 0 .. 7+p
 */

const CAPSULE_VERSION = 1
const HEADER_BYTES = 8
const KINDS = { stored: 1, inline: 2 } as const
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Longest policy in a capsule, in bytes: three for each of its 8192 characters are the most that UTF-8 takes. */
const MAX_POLICY_BYTES = 3 * 8192

/** Longest capsule, in bytes. */
export const MAX_CAPSULE_BYTES = HEADER_BYTES + MAX_POLICY_BYTES + MAX_DATAKEY_FRAME_BYTES

/** The policy that a capsule carries. */
export interface CapsulePolicy {
  readonly kind: keyof typeof KINDS
  /** The id of a stored policy, or the text of an inline one. */
  readonly text: string
}

/** A capsule taken apart. */
export interface Capsule {
  readonly policy: CapsulePolicy
  /** Header and policy, as they stand in front of the frame: what the frame is bound to. */
  readonly policyBytes: Uint8Array
  readonly frame: Uint8Array
}

/** Writes header and policy. */
export function encodeCapsulePolicy({ kind, text }: CapsulePolicy): Uint8Array {
  const policy = Buffer.from(text, 'utf8')
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16LE(CAPSULE_VERSION, 0)
  header.writeUInt8(KINDS[kind], 2)
  header.writeUInt32LE(policy.length, 4)
  return Buffer.concat([header, policy])
}

/**
 * Takes a capsule apart; judges its header and the form of a policy id, but neither an inline policy nor the frame.
 *
 * @throws MalformedBytes, and nothing else, for any other bytes
 */
export function decodeCapsule(bytes: Uint8Array): Capsule {
  if (bytes.length < HEADER_BYTES) throw new MalformedBytes('It is too short.')
  if (bytes.length > MAX_CAPSULE_BYTES) throw new MalformedBytes('It is too long.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint16(0, true) !== CAPSULE_VERSION || view.getUint8(3) !== 0) {
    throw new MalformedBytes('Its version is unknown.')
  }
  const frameAt = HEADER_BYTES + view.getUint32(4, true)
  if (frameAt > bytes.length) {
    throw new MalformedBytes('The stated length of its policy does not fit its length.')
  }
  return {
    policy: decodePolicy(view.getUint8(2), decodeText(bytes.subarray(HEADER_BYTES, frameAt))),
    policyBytes: bytes.subarray(0, frameAt),
    frame: bytes.subarray(frameAt),
  }
}

function decodePolicy(code: number, text: string): CapsulePolicy {
  if (code === KINDS.inline) return { kind: 'inline', text }
  if (code === KINDS.stored && UUID.test(text)) return { kind: 'stored', text }
  throw new MalformedBytes('It does not say which policy it has.')
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new MalformedBytes('Its policy is no text.', { cause })
  }
}
