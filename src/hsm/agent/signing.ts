import pkcs11 from 'pkcs11js'
import type { SignatureScheme, Signing } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { isWrongSignature } from '../return-values.js'
import { readAttribute, readNumber } from './attributes.js'
import type { Handles } from './handles.js'
import { CKK_EC_EDWARDS, coordinateBytes } from './pair-algorithms.js'
import { TokenError, call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { type SchemeRow, schemeRow } from './signature-mechanisms.js'
import { tokenBytes } from './token-bytes.js'

/** Room for the longest signature: ML-DSA-87 has 4627 bytes, RSA-4096 has 512. */
const MAX_SIGNATURE_BYTES = 5120
const ED25519_SIGNATURE_BYTES = 64

/** Signatures by pairs on the token, made and verified there. PKCS#11 v3.1 sections 5.13 and 5.15. */
export class SigningKeys {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
  }

  sign({ key, scheme, message }: Parameters<Signing['sign']>[0]): Uint8Array {
    return this.#handles.use(key, (handle) =>
      signWith(this.#session, { handle, row: schemeRow(this.#profile, scheme), scheme, message }),
    )
  }

  verify({ key, scheme, message, signature }: Parameters<Signing['verify']>[0]): boolean {
    const row = schemeRow(this.#profile, scheme)
    return this.#handles.usePublic(key, (handle) =>
      verifyWith(this.#session, { handle, row, scheme, message, signature }),
    )
  }
}

/** A call of one scheme with one half of a pair. */
interface SchemeCall {
  readonly handle: Buffer
  readonly row: SchemeRow
  readonly scheme: SignatureScheme
  readonly message: Uint8Array
}

/** Signs by the object of a private key, on the token or of this session. */
export function signWith(session: OpenSession, request: SchemeCall): Buffer {
  const { lib, handle: open } = session
  const data = dataOf(session, request)
  call('C_SignInit', () => lib.C_SignInit(open, request.row.mechanism, request.handle))
  return call('C_Sign', () => lib.C_Sign(open, data, Buffer.alloc(MAX_SIGNATURE_BYTES)))
}

/** Verifies a signature by the object of a public key, on the token or of this session. */
export function verifyWith(
  session: OpenSession,
  request: SchemeCall & { readonly signature: Uint8Array },
): boolean {
  const { lib, handle: open } = session
  const { handle, row, signature } = request
  const data = dataOf(session, request)
  // NSS softokn 3.87 does not refuse every shorter ECDSA signature by its length: one signature has one encoding here.
  if (signature.length !== (signatureBytes(session, request) ?? signature.length)) return false
  call('C_VerifyInit', () => lib.C_VerifyInit(open, row.mechanism, handle))
  try {
    return call('C_Verify', () => lib.C_Verify(open, data, tokenBytes(signature)))
  } catch (error) {
    if (error instanceof TokenError && isWrongSignature(error.rv)) return false
    throw error
  }
}

/**
 * What the mechanism signs. SoftHSM 2.6.1 answers CKR_GENERAL_ERROR to a key of another type and to a digest of another
 * length, as it does when it is sick, and NSS softokn 3.87 signs digests of any length: both are told apart here.
 */
function dataOf(session: OpenSession, { handle, row, scheme, message }: SchemeCall): Buffer {
  if (readNumber(session, handle, pkcs11.CKA_KEY_TYPE) !== row.keyType) {
    throw unsupported(`A key of this type has no signatures by ${scheme}.`, 'C_SignInit')
  }
  if (row.digestBytes === undefined) return tokenBytes(message)
  if (!row.digestBytes.includes(message.length)) {
    throw unsupported(
      `A digest that ${scheme} signs has ${row.digestBytes.join(', ')} bytes.`,
      'C_SignInit',
    )
  }
  return Buffer.concat([row.prefix, message])
}

/** Length of every signature by a key; nothing where the scheme has no fixed one. */
function signatureBytes(session: OpenSession, { handle, row }: SchemeCall): number | undefined {
  switch (row.keyType) {
    case pkcs11.CKK_RSA:
      return readAttribute(session, handle, pkcs11.CKA_MODULUS).length
    case pkcs11.CKK_EC: {
      const bytes = coordinateBytes(readAttribute(session, handle, pkcs11.CKA_EC_PARAMS))
      return bytes === undefined ? undefined : 2 * bytes
    }
    case CKK_EC_EDWARDS:
      return ED25519_SIGNATURE_BYTES
    default:
      return undefined
  }
}
