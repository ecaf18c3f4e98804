import { type Static, Type } from '../packages/typebox.js'
import { parseBits } from '../core/bits.js'
import { contextBytes } from '../core/context-bytes.js'
import { KmsError } from '../core/errors.js'
import type { GrantOperation } from '../core/grant.js'
import type { HsmLimits } from '../core/hsm.js'
import { requireRsaDatakey } from '../core/rsa-datakey.js'
import type { Service } from '../core/service.js'
import { bindPin } from './bind-pin.js'
import {
  AdditionalAuthenticatedData,
  EncryptionContext,
  KeyReference,
  OneOf,
  Pin,
  PinType,
  Sequence,
  WholeNumber,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { type EncryptionKey, loadEncryptionKey } from './load-encryption-key.js'
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
  pin: Pin,
  pin_type: PinType,
})

/**
 * Errors of the calls that have a data key generated. A length out of range is KMS.1901 in both of them: KMS.2001 stems
 * from the time when the call without plaintext knew one length only.
 */
export const NEW_DATAKEY_ERRORS = [
  ...ENCRYPTION_ERRORS,
  'KMS.1901',
  'KMS.1902',
  'KMS.1903',
] as const

/** What a new data key needs: the key that is to wrap it, its length in bytes and its context. */
export interface DatakeyWish extends EncryptionKey {
  readonly length: number
  readonly context: Uint8Array
}

/** Judges a request for a new data key, and finds the CMK that is to wrap it. */
export async function prepareDatakey(
  service: Service,
  call: ProjectCall,
  request: { readonly body: Static<typeof NewDatakey>; readonly grantable: GrantOperation },
): Promise<DatakeyWish> {
  const { body, grantable } = request
  const length = datakeyBytes(body)
  const context = contextBytes({
    map: body.encryption_context,
    text: body.additional_authenticated_data,
  })
  const key = await loadEncryptionKey(service, call, { reference: body.key_id, grantable })
  if (key.form === 'rsa') requireRsaDatakey(length)
  else requireWrappable(length, key.token.hsm.limits)
  return { length, context: await bindPin(service, call, { body, context }), ...key }
}

function datakeyBytes(body: Static<typeof NewDatakey>): number {
  if (body.datakey_length === undefined) return bytesOfSpec(body.key_spec ?? DEFAULT_SPEC)
  return parseBits(body.datakey_length, {
    field: 'datakey_length',
    range: 'KMS.1901',
    whole: 'KMS.1903',
  })
}

function requireWrappable(length: number, { maxSecretBytes }: HsmLimits): void {
  if (length <= maxSecretBytes) return
  throw new KmsError(
    'KMS.1901',
    `The data key is too long for this token, which wraps up to ${8 * maxSecretBytes} bits.`,
  )
}

function bytesOfSpec(spec: Static<typeof DatakeySpec>): number {
  if (spec === 'SM4' || spec === 'HMAC_SM3') {
    throw new KmsError('KMS.1902', `Data keys of the specification ${spec} are not offered here.`)
  }
  return BYTES[spec]
}
