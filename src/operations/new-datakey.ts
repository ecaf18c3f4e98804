import { type Static, Type } from 'typebox'
import { parseBits } from '../core/bits.js'
import { type Cmk, requireUsable } from '../core/cmk.js'
import { contextBytes } from '../core/context-bytes.js'
import { KmsError } from '../core/errors.js'
import type { HsmLimits } from '../core/hsm.js'
import type { Service } from '../core/service.js'
import { DATAKEY_ERRORS } from './datakey-errors.js'
import {
  AdditionalAuthenticatedData,
  EncryptionContext,
  KeyReference,
  NoPin,
  OneOf,
  Sequence,
  WholeNumber,
} from './fields.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/** Bytes of a data key by its specification; those that are missing need algorithms that no token here has. */
const BYTES = { AES_128: 16, AES_256: 32, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 } as const
const DEFAULT_SPEC = 'AES_256'

const DatakeySpec = OneOf(
  ['AES_256', 'AES_128', 'SM4', 'HMAC_256', 'HMAC_384', 'HMAC_512', 'HMAC_SM3'],
  { description: 'Shape of the data key; datakey_length wins over it.', code: 'KMS.1902' },
)

/** Body of the calls that have a data key generated. */
export const NewDatakey = Type.Object({
  key_id: KeyReference,
  encryption_context: EncryptionContext,
  key_spec: Type.Optional(DatakeySpec),
  datakey_length: Type.Optional(
    WholeNumber({
      description: 'Length of the data key in bits, 8 to 8192, a multiple of 8.',
      code: 'KMS.1901',
      expected: 'a number of bits from 8 to 8192, a multiple of 8',
    }),
  ),
  additional_authenticated_data: AdditionalAuthenticatedData,
  sequence: Sequence,
  pin: NoPin,
})

/**
 * Errors of the calls that have a data key generated. A length out of range is KMS.1901 in both of them: KMS.2001 stems
 * from the time when the call without plaintext knew one length only.
 */
export const NEW_DATAKEY_ERRORS = [...DATAKEY_ERRORS, 'KMS.1901', 'KMS.1902', 'KMS.1903'] as const

/** Judges a request for a new data key, and finds the CMK that is to wrap it. */
export async function prepareDatakey(
  service: Service,
  call: ProjectCall,
  body: Static<typeof NewDatakey>,
): Promise<{ readonly cmk: Cmk; readonly length: number; readonly context: Uint8Array }> {
  const length = datakeyBytes(body, service.hsm.limits)
  const context = contextBytes({
    map: body.encryption_context,
    text: body.additional_authenticated_data,
  })
  const cmk = await loadCmk(service, call, body.key_id)
  requireUsable(cmk, 'ENCRYPT_DECRYPT')
  return { cmk, length, context }
}

function datakeyBytes(body: Static<typeof NewDatakey>, { maxSecretBytes }: HsmLimits): number {
  const length =
    body.datakey_length === undefined
      ? bytesOfSpec(body.key_spec ?? DEFAULT_SPEC)
      : parseBits(body.datakey_length, {
          field: 'datakey_length',
          range: 'KMS.1901',
          whole: 'KMS.1903',
        })
  if (length > maxSecretBytes) {
    throw new KmsError(
      'KMS.1901',
      `The data key is too long for this token, which wraps up to ${8 * maxSecretBytes} bits.`,
    )
  }
  return length
}

function bytesOfSpec(spec: Static<typeof DatakeySpec>): number {
  if (spec === 'SM4' || spec === 'HMAC_SM3') {
    throw new KmsError('KMS.1902', `Data keys of the specification ${spec} are not offered here.`)
  }
  return BYTES[spec]
}
