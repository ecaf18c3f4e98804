import pkcs11 from 'pkcs11js'
import type { Agreement } from '../../core/hsm-pairs.js'
import { readAttribute, readFlag } from './attributes.js'
import type { Handles } from './handles.js'
import { coordinateBytes } from './pair-algorithms.js'
import { call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { sharedSecret } from './templates.js'

const UNCOMPRESSED = 0x04

/** ECDH with the private halves of pairs on the token. */
export class KeyAgreement {
  readonly #session: OpenSession
  readonly #handles: Handles

  constructor(session: OpenSession, handles: Handles) {
    this.#session = session
    this.#handles = handles
  }

  agree({ key, point }: Parameters<Agreement['agree']>[0]): Uint8Array {
    return this.#handles.use(key, (handle) => deriveWith(this.#session, { handle, point }))
  }
}

/** CKM_ECDH1_DERIVE without a key derivation, PKCS#11 v3.1 section 6.3.17: the secret exists for this call alone. */
export function deriveWith(
  session: OpenSession,
  { handle, point }: { readonly handle: Buffer; readonly point: Uint8Array },
): Buffer {
  const length = coordinateLength(session, handle)
  if (point.length !== 1 + 2 * length || point[0] !== UNCOMPRESSED) {
    throw unsupported(
      'The point is not an uncompressed one of the curve of the key.',
      'C_DeriveKey',
    )
  }
  const { lib, handle: open } = session
  const mechanism = {
    mechanism: pkcs11.CKM_ECDH1_DERIVE,
    parameter: {
      type: pkcs11.CK_PARAMS_EC_DH,
      kdf: pkcs11.CKD_NULL,
      publicData: Buffer.from(point),
    },
  }
  const secret = call('C_DeriveKey', () =>
    lib.C_DeriveKey(open, mechanism, handle, sharedSecret(length)),
  )
  try {
    return padded(readAttribute(session, secret, pkcs11.CKA_VALUE), length)
  } finally {
    call('C_DestroyObject', () => lib.C_DestroyObject(open, secret))
  }
}

/** NSS softokn 3.87 derives with keys that may not: the flag is looked at here. */
function coordinateLength(session: OpenSession, handle: Buffer): number {
  if (readFlag(session, handle, pkcs11.CKA_DERIVE) !== true) {
    throw unsupported('The key is not one that agrees.', 'C_DeriveKey')
  }
  const length = coordinateBytes(readAttribute(session, handle, pkcs11.CKA_EC_PARAMS))
  if (length !== undefined) return length
  throw unsupported('The key is on an unknown curve.', 'C_DeriveKey')
}

/** SEC 1 section 2.3.5: a field element is as long as the field; some tokens leave its leading zeroes out. */
function padded(value: Buffer, length: number): Buffer {
  if (value.length === length) return value
  const element = Buffer.alloc(length)
  value.copy(element, length - value.length)
  value.fill(0)
  return element
}
