import { decodeBase64, encodeBase64 } from '../codec/base64.js'
import { MalformedBytes } from '../codec/frame.js'
import { KmsError } from './errors.js'
import { HsmError, type Randomness } from './hsm.js'
import type { ProjectId } from './ids.js'
import { drawCharacters } from './random-text.js'
import {
  type CredentialSealing,
  type RecordOwner,
  openRecord,
  sealRecord,
} from './sealed-record.js'

/** Letters and digits that nobody takes for one another: 32 of them, so that 16 characters are worth 80 bits. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const CHARACTERS = 16

/** Printable ASCII, so that a PIN is the same bytes wherever it is typed. */
const CLEAR_PIN = /^[\x21-\x7e]{6,64}$/

/** A PIN as a request carries it: in clear, or as CreatePin sealed it. */
export interface GivenPin {
  readonly pin: string
  readonly form: 'PlainText' | 'CipherText'
}

/** Draws a PIN from the token's generator, in ASCII. The caller zeroes it. */
export function drawPin(random: Randomness): Promise<Uint8Array> {
  return drawCharacters(random, { alphabet: ALPHABET, count: CHARACTERS })
}

/** Seals a PIN for the requests of one project, as base64: who reads it there cannot use it from another project. */
export async function sealPin(
  sealing: CredentialSealing,
  request: { readonly projectId: ProjectId; readonly pin: Uint8Array },
): Promise<string> {
  const record = await sealRecord(sealing, {
    owner: ownerOf(request.projectId),
    secret: request.pin,
  })
  return encodeBase64(record)
}

/**
 * Reads the PIN of a request. The caller zeroes it.
 *
 * @throws KmsError KMS.0308
 */
export async function readPin(
  sealing: CredentialSealing,
  request: { readonly projectId: ProjectId; readonly given: GivenPin },
): Promise<Uint8Array> {
  const { pin, form } = request.given
  if (form === 'PlainText') {
    if (CLEAR_PIN.test(pin)) return Buffer.from(pin, 'latin1')
    throw new KmsError(
      'KMS.0308',
      'pin must be 6 to 64 printable ASCII characters without a blank when pin_type is PlainText.',
    )
  }
  const record = decodeBase64(pin)
  if (!record) throw notSealed()
  try {
    return await openRecord(sealing, { owner: ownerOf(request.projectId), record })
  } catch (error) {
    if (error instanceof MalformedBytes || isForged(error)) throw notSealed(error)
    throw error
  }
}

/**
 * A record comes from the request here: one that names a key of the service which never was is as forged as any other. One
 * of a token that was retired cannot be told from it.
 */
function isForged(error: unknown): boolean {
  if (!(error instanceof HsmError)) return false
  return error.failure === 'not-authentic' || error.failure === 'key-missing'
}

function notSealed(cause?: unknown): KmsError {
  return new KmsError(
    'KMS.0308',
    'pin must be what create-pin returned to this project, unless pin_type is PlainText. What it returned before the service gave up an HSM token does not open any more.',
    { cause },
  )
}

function ownerOf(projectId: ProjectId): RecordOwner {
  return { purpose: 'pin', identity: [projectId] }
}
