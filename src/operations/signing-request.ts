import { type Static, Type } from '../packages/typebox.js'
import { MAX_TEXT_BYTES } from '../codec/data-frame.js'
import type { Cmk } from '../core/cmk.js'
import type { Hsm } from '../core/hsm.js'
import type { SignatureScheme } from '../core/hsm-pairs.js'
import { requireSigning } from '../core/key-use.js'
import type { Service } from '../core/service.js'
import {
  SIGNING_ALGORITHMS,
  ecdsaOrderBytes,
  signingAlgorithm,
  toBeSigned,
} from '../core/signing-algorithms.js'
import { KeyReference, OneOf, Sequence } from './fields.js'
import { KEY_USE_ERRORS } from './key-use-errors.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'
import { readBase64 } from './read-base64.js'
import { Message } from './text-fields.js'
import { tokenOfCall } from './version-token.js'

/** What Sign and ValidateSignature have in common. */
export const SigningFields = {
  key_id: KeyReference,
  message: Message,
  signing_algorithm: OneOf(SIGNING_ALGORITHMS, {
    description: 'Signature scheme, which must fit the key.',
    code: 'KMS.0332',
  }),
  message_type: Type.Optional(
    OneOf(['DIGEST', 'RAW'], {
      description: 'Whether message is a digest, which is the default, or the message itself.',
      code: 'KMS.0308',
    }),
  ),
  sequence: Sequence,
}

/** Errors of Sign and ValidateSignature. */
export const SIGNING_ERRORS = [
  ...KEY_USE_ERRORS,
  'KMS.0329',
  'KMS.0332',
  'KMS.0334',
  'KMS.0341',
  'KMS.1115',
] as const

/** Body of Sign. */
export const SigningBody = Type.Object(SigningFields)

/** What the token is asked to sign, or to verify the signature of. */
export interface SigningRequest {
  readonly cmk: Cmk
  /** Token of the version that signs. */
  readonly hsm: Hsm
  readonly scheme: SignatureScheme
  readonly message: Uint8Array
  /** Bytes of r and of s where the signature is one of ECDSA, which is DER on the wire. */
  readonly orderBytes: number | undefined
}

/** Judges a request for a signature or for its verification. */
export async function readSigningRequest(
  service: Service,
  call: ProjectCall,
  body: Static<typeof SigningBody>,
): Promise<SigningRequest> {
  const message = readBase64(body.message, { field: 'message', max: MAX_TEXT_BYTES })
  const cmk = await loadCmk(service, call, body.key_id)
  requireSigning(cmk)
  const { hsm } = await tokenOfCall(service, call, cmk)
  const { spec } = cmk
  const row = signingAlgorithm(body.signing_algorithm, { spec, limits: hsm.limits })
  const type = body.message_type ?? 'DIGEST'
  return {
    cmk,
    hsm,
    scheme: row.scheme,
    message: toBeSigned(row, { spec, message, type }),
    orderBytes: row.scheme === 'ecdsa' ? ecdsaOrderBytes(spec) : undefined,
  }
}
