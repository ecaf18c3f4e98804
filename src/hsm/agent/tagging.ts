import { timingSafeEqual } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import type { Binding } from '../../core/hsm.js'
import type { Handles } from './handles.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

/** Longest tag that C_Sign may write: the buffer is never shorter than any HMAC, since some tokens write past its end. */
const MAX_MAC_BYTES = 64
const TAG_BYTES = 32

/** The tags that bind a wrapped secret to its frame: HMAC-SHA-256 in the token. */
export class Tagging {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #hmac = { mechanism: pkcs11.CKM_SHA256_HMAC }
  readonly #space = Buffer.alloc(MAX_MAC_BYTES)

  constructor(session: OpenSession, handles: Handles) {
    this.#session = session
    this.#handles = handles
  }

  /** HMAC-SHA-256 over before ‖ wrapped ‖ after. PKCS#11 v3.1 section 6.23.4. */
  tag({ key, before, after }: Binding, wrapped: Uint8Array): Buffer {
    const { lib, handle: session } = this.#session
    const message = Buffer.concat([before, wrapped, after])
    const tag = this.#handles.use(key, (handle) => {
      call('C_SignInit', () => lib.C_SignInit(session, this.#hmac, handle))
      return call('C_Sign', () => lib.C_Sign(session, message, this.#space))
    })
    return Buffer.from(tag.subarray(0, TAG_BYTES))
  }

  /**
   * Compares in constant time. It comes before every unwrap: malformed input makes C_UnwrapKey of opencryptoki 3.27 abort
   * the process.
   *
   * @throws TokenError `not-authentic` when the tag does not fit
   */
  requireTag(binding: Binding, wrapped: Uint8Array, tag: Uint8Array): void {
    const expected = this.tag(binding, wrapped)
    if (tag.length === expected.length && timingSafeEqual(expected, tag)) return
    throw new TokenError('not-authentic', 'The tag does not fit.', {
      call: 'C_Sign',
      rv: 0,
      radius: 'request',
    })
  }
}
