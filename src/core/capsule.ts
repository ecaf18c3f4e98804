import { decodeBase64 } from '../codec/base64.js'
import {
  type Capsule,
  type CapsulePolicy,
  decodeCapsule,
  encodeCapsulePolicy,
} from '../codec/datakey-capsule.js'
import type { DatakeyFrame } from '../codec/datakey-frame.js'
import { MalformedBytes } from '../codec/frame.js'
import { type Cmk, currentKey } from './cmk.js'
import { KmsError } from './errors.js'
import type { KeyId } from './ids.js'
import { requireVersion } from './read-frame.js'
import { type Sealing, generateReadableDatakey, openDatakey, readDatakeyFrame } from './seal.js'

/**
 * First of the context bytes of a capsule's frame. Those of the data-key calls begin with 0x00 to 0x04, so none of them
 * opens a frame that was cut out of its capsule, past the policy.
 */
const CAPSULE_CONTEXT = 0x05

/** A capsule that was read, but not opened. */
export interface ReadCapsule extends Capsule {
  readonly bytes: Uint8Array
  readonly datakeyFrame: DatakeyFrame
}

/** Has the token draw a data key, and returns it both clear and in a capsule. The caller zeroes the clear one. */
export async function createCapsule(
  sealing: Sealing,
  request: { readonly cmk: Cmk; readonly length: number; readonly policy: CapsulePolicy },
): Promise<{ readonly dek: Uint8Array; readonly capsule: Uint8Array }> {
  const policyBytes = encodeCapsulePolicy(request.policy)
  const { dek, frame } = await generateReadableDatakey(sealing, {
    key: currentKey(request.cmk),
    length: request.length,
    context: contextOf(policyBytes),
  })
  return { dek, capsule: Buffer.concat([policyBytes, frame]) }
}

/**
 * Takes `datakey_capsule` apart and judges all that needs no key. Its policy proves nothing until the capsule opens.
 *
 * @throws KmsError KMS.2201
 */
export function readCapsule(
  text: string,
  { id, currentVersion }: Pick<Cmk, 'id' | 'currentVersion'>,
): ReadCapsule {
  const bytes = decodeBase64(text)
  if (!bytes) throw new KmsError('KMS.2201', 'datakey_capsule must be base64.')
  const capsule = decode(bytes)
  return { ...capsule, bytes, datakeyFrame: readFrame(capsule.frame, { id, currentVersion }) }
}

/**
 * Opens a capsule. The caller has judged its policy, and zeroes the data key returned.
 *
 * @throws KmsError KMS.2201 when the capsule or its policy was changed
 */
export async function openCapsule(
  sealing: Sealing,
  request: { readonly keyId: KeyId; readonly capsule: ReadCapsule },
): Promise<Uint8Array> {
  const { keyId, capsule } = request
  const context = contextOf(capsule.policyBytes)
  try {
    return await openDatakey(sealing, { keyId, frame: capsule.datakeyFrame, context })
  } catch (error) {
    throw inCapsule(error)
  }
}

function decode(bytes: Uint8Array): Capsule {
  try {
    return decodeCapsule(bytes)
  } catch (cause) {
    if (!(cause instanceof MalformedBytes)) throw cause
    throw new KmsError('KMS.2201', `datakey_capsule is not one of this service. ${cause.message}`, {
      cause,
    })
  }
}

function readFrame(
  bytes: Uint8Array,
  { id, currentVersion }: Pick<Cmk, 'id' | 'currentVersion'>,
): DatakeyFrame {
  try {
    const frame = readDatakeyFrame(bytes, id)
    requireVersion(frame, currentVersion)
    if (frame.form === 'datakey') return frame
  } catch (error) {
    throw inCapsule(error)
  }
  throw new KmsError('KMS.2201', 'datakey_capsule holds no data key.')
}

/** Refusals of the frame name a field that the capsule calls do not have. */
function inCapsule(error: unknown): unknown {
  if (!(error instanceof KmsError) || error.code !== 'KMS.2201') return error
  return new KmsError(
    'KMS.2201',
    'datakey_capsule does not open: it was changed, or it was made under another key than key_id names.',
    { cause: error },
  )
}

function contextOf(policyBytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(CAPSULE_CONTEXT), policyBytes])
}
