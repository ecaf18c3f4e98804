import { timingSafeEqual } from 'node:crypto'
import pkcs11, { type Mechanism } from 'pkcs11js'
import type { Macs } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { readNumber } from './attributes.js'
import type { Handles } from './handles.js'
import { call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { hmacMechanism } from './signature-mechanisms.js'
import { tokenBytes } from './token-bytes.js'

/** Longest HMAC: the buffer is never shorter than any, since some tokens write past its end. */
const MAX_MAC_BYTES = 64

/** HMACs by secret keys on the token. PKCS#11 v3.1 section 6.23. */
export class MacKeys {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
  }

  mac({ key, hash, message }: Parameters<Macs['mac']>[0]): Uint8Array {
    const mechanism = hmacMechanism(this.#profile, hash)
    return this.#handles.use(key, (handle) =>
      macWith(this.#session, { handle, mechanism, message }),
    )
  }

  /**
   * C_Verify will not do: NSS softokn 3.87 takes a tag that is cut short for right (measured), and no token promises to
   * compare in constant time.
   */
  verifyMac(request: Parameters<Macs['verifyMac']>[0]): boolean {
    const expected = this.mac(request)
    const { mac } = request
    return mac.length === expected.length && timingSafeEqual(expected, mac)
  }
}

/** Makes a MAC with the object of a secret key, on the token or of this session. */
export function macWith(
  session: OpenSession,
  request: {
    readonly handle: Buffer
    readonly mechanism: Mechanism
    readonly message: Uint8Array
  },
): Buffer {
  const { lib, handle: open } = session
  const { handle, mechanism, message } = request
  // NSS softokn 3.87 makes MACs with the private half of a pair, too.
  if (readNumber(session, handle, pkcs11.CKA_KEY_TYPE) !== pkcs11.CKK_GENERIC_SECRET) {
    throw unsupported('A key of this type makes no MACs.', 'C_SignInit')
  }
  call('C_SignInit', () => lib.C_SignInit(open, mechanism, handle))
  return call('C_Sign', () => lib.C_Sign(open, tokenBytes(message), Buffer.alloc(MAX_MAC_BYTES)))
}
