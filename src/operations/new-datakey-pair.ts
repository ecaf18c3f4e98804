import { type Static, Type } from '../packages/typebox.js'
import { encodeHex } from '../codec/hex.js'
import { currentKey } from '../core/cmk.js'
import { contextBytes } from '../core/context-bytes.js'
import { KmsError } from '../core/errors.js'
import { type DatakeyPairSpec, pairAlgorithm } from '../core/pair-specs.js'
import { generateSealedPair } from '../core/seal-pair.js'
import { openDatakey, readDatakeyFrame } from '../core/seal.js'
import type { Service } from '../core/service.js'
import { bindPin } from './bind-pin.js'
import {
  AdditionalAuthenticatedData,
  KeyReference,
  OneOf,
  Pin,
  PinType,
  Sequence,
  failing,
} from './fields.js'
import { ENCRYPTION_ERRORS } from './key-use-errors.js'
import { loadEncryptionKey } from './load-encryption-key.js'
import type { ProjectCall } from './operation.js'

/** Body of the calls that have a pair generated. */
export function newPairBody<const Specs extends readonly [DatakeyPairSpec, ...DatakeyPairSpec[]]>(
  specs: Specs,
) {
  return Type.Object({
    key_id: KeyReference,
    key_spec: OneOf(specs, { description: 'Algorithm and size of the pair.', code: 'KMS.1902' }),
    with_plain_text: Type.Optional(
      Type.Boolean({
        description: 'Whether the private key is returned in clear as well, which is the default.',
        ...failing({ code: 'KMS.0308', expected: 'true or false' }),
      }),
    ),
    additional_authenticated_data: AdditionalAuthenticatedData,
    sequence: Sequence,
    pin: Pin,
    pin_type: PinType,
  })
}

/** Answer of the calls that have a pair generated. */
export const NewPair = Type.Object({
  key_id: Type.String({ description: 'Key that wrapped the private key.' }),
  key_spec: Type.String({ description: 'Algorithm and size of the pair, as requested.' }),
  public_key: Type.String({
    description: 'Public key, upper-case hexadecimal of DER SubjectPublicKeyInfo (RFC 5280).',
  }),
  private_key_cipher_text: Type.String({
    description: 'Wrapped private key, upper-case hexadecimal; decrypt-datakey opens it.',
  }),
  private_key_plain_text: Type.Optional(
    Type.String({
      description: 'Private key in clear, upper-case hexadecimal of DER PKCS#8 (RFC 5208).',
    }),
  ),
})

/** Errors of the calls that have a pair generated. */
export const NEW_PAIR_ERRORS = [...ENCRYPTION_ERRORS, 'KMS.0325', 'KMS.1902'] as const

interface PairWish {
  readonly key_id: string
  readonly key_spec: DatakeyPairSpec
  readonly with_plain_text?: boolean
  readonly additional_authenticated_data?: string
  readonly pin?: string
  readonly pin_type?: 'CipherText' | 'PlainText'
}

/** Has a pair generated in the token; its private half is opened only for a caller who wants it in clear. */
export async function createDatakeyPair(
  service: Service,
  call: ProjectCall,
  body: PairWish,
): Promise<Static<typeof NewPair>> {
  const given = contextBytes({ map: undefined, text: body.additional_authenticated_data })
  const { cmk, form, token } = await loadEncryptionKey(service, call, { reference: body.key_id })
  if (form !== 'symmetric') {
    throw new KmsError('KMS.0325', 'Only a symmetric key wraps the private keys of pairs.')
  }
  const algorithm = pairAlgorithm(body.key_spec, token.hsm.limits)
  const context = await bindPin(service, call, { body, context: given })
  const { publicKey, frame } = await generateSealedPair(token, {
    key: currentKey(cmk),
    algorithm,
    context,
  })
  const sealed = {
    key_id: cmk.id,
    key_spec: body.key_spec,
    public_key: encodeHex(publicKey),
    private_key_cipher_text: encodeHex(frame),
  }
  if (body.with_plain_text === false) return sealed
  const privateKey = await openDatakey(token, {
    keyId: cmk.id,
    frame: readDatakeyFrame(frame, cmk.id),
    context,
  })
  try {
    return { ...sealed, private_key_plain_text: encodeHex(privateKey) }
  } finally {
    privateKey.fill(0)
  }
}
