import { timingSafeEqual } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import type { Macs } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { readNumber } from './attributes.js'
import type { Handles } from './handles.js'
import { TokenError, call } from './pkcs11-error.js'
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
    const { lib, handle: session } = this.#session
    const mechanism = hmacMechanism(this.#profile, hash)
    return this.#handles.use(key, (handle) => {
      this.#requireSecret(handle)
      call('C_SignInit', () => lib.C_SignInit(session, mechanism, handle))
      return call('C_Sign', () =>
        lib.C_Sign(session, tokenBytes(message), Buffer.alloc(MAX_MAC_BYTES)),
      )
    })
  }

  /** NSS softokn 3.87 makes MACs with the private half of a pair, too. */
  #requireSecret(handle: Buffer): void {
    const keyType = readNumber(this.#session, handle, pkcs11.CKA_KEY_TYPE)
    if (keyType === pkcs11.CKK_GENERIC_SECRET) return
    throw new TokenError('unsupported', 'A key of this type makes no MACs.', {
      call: 'C_SignInit',
      rv: 0,
      radius: 'request',
    })
  }

  /**
   * C_Verify will not do: SoftHSM 2.6.1 does not compare in constant time, and NSS softokn 3.87 takes a tag that is cut
   * short for right, and answers an error left over from an earlier call to a wrong one.
   */
  verifyMac(request: Parameters<Macs['verifyMac']>[0]): boolean {
    const expected = this.mac(request)
    const { mac } = request
    return mac.length === expected.length && timingSafeEqual(expected, mac)
  }
}
