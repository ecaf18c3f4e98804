import pkcs11, { type Mechanism, type Template } from 'pkcs11js'
import { mechanismNumber } from '../mechanism-number.js'
import type { Profile } from '../profile.js'
import { isStaleHandle } from '../return-values.js'
import { readFlag } from './attributes.js'
import { callStoring } from './contention.js'
import { TokenError, call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { readableSecret } from './templates.js'

/** RFC 5649 adds one block of 8 bytes to the padded secret. */
export const WRAP_OVERHEAD_BYTES = 8

/** The RFC 5649 mechanism of a token, on handles: C_WrapKey and C_UnwrapKey, PKCS#11 v3.1 section 5.18. */
export class KeyWrap {
  readonly #session: OpenSession
  readonly #profile: Profile
  readonly #mechanism: Mechanism
  /** Taken anew for each wrap, it would be the larger part of the memory that a call takes. */
  readonly #space: Buffer

  constructor(session: OpenSession, profile: Profile) {
    this.#session = session
    this.#profile = profile
    // No IV parameter: RFC 5649 fixes it, SoftHSM refuses one and NSS softokn ignores a wrong one.
    this.#mechanism = { mechanism: mechanismNumber(profile.keyWrap.mechanism) }
    // PKCS#7 padding may add a block: a token that does it must be told by its bytes, not by a short buffer.
    this.#space = Buffer.alloc(this.maxUnwrapBytes + 4 * WRAP_OVERHEAD_BYTES)
  }

  /** Longest secret that is unwrapped, in bytes: a caller's secret, or the private half of a pair. */
  get maxUnwrapBytes(): number {
    const { maxSecretBytes, maxPairBytes } = this.#profile.keyWrap
    return Math.max(maxSecretBytes, maxPairBytes)
  }

  /** Wraps a key object. */
  wrap(kek: Buffer, object: Buffer): Buffer {
    const { lib, handle: session } = this.#session
    const wrapped = this.#permitted({ kek, use: pkcs11.CKA_WRAP }, () =>
      call('C_WrapKey', () => lib.C_WrapKey(session, this.#mechanism, kek, object, this.#space)),
    )
    return Buffer.from(wrapped)
  }

  /** Unwraps to a secret that exists on the token for this call alone, and reads it. */
  unwrap(kek: Buffer, wrapped: Uint8Array): Buffer {
    const template = readableSecret(this.#profile)
    return this.withUnwrapped({ kek, wrapped, template }, (secret) => this.#read(secret))
  }

  /** Unwraps to a new object and returns its handle. */
  unwrapObject({ kek, wrapped, template }: Unwrapping): Buffer {
    const { lib, handle: session } = this.#session
    return this.#permitted({ kek, use: pkcs11.CKA_UNWRAP }, () =>
      callStoring(this.#profile, 'C_UnwrapKey', () =>
        lib.C_UnwrapKey(session, this.#mechanism, kek, Buffer.from(wrapped), template),
      ),
    )
  }

  /** Runs something on an unwrapped object that exists for that alone. */
  withUnwrapped<Result>(unwrapping: Unwrapping, run: (object: Buffer) => Result): Result {
    return this.within(this.unwrapObject(unwrapping), run)
  }

  /** Runs something on an object that exists for that alone. */
  withObject<Result>(template: Template, run: (object: Buffer) => Result): Result {
    const { lib, handle: session } = this.#session
    return this.within(
      call('C_CreateObject', () => lib.C_CreateObject(session, template)),
      run,
    )
  }

  /** Runs something on a secret that the token generates for that alone: a generic one, or what `generator` makes. */
  withGenerated<Result>(
    template: Template,
    run: (object: Buffer) => Result,
    generator: number = pkcs11.CKM_GENERIC_SECRET_KEY_GEN,
  ): Result {
    const { lib, handle: session } = this.#session
    const mechanism = { mechanism: generator }
    return this.within(
      call('C_GenerateKey', () => lib.C_GenerateKey(session, mechanism, template)),
      run,
    )
  }

  /** Runs something on an object, and destroys the object. */
  within<Result>(object: Buffer, run: (object: Buffer) => Result): Result {
    const { lib, handle: session } = this.#session
    try {
      return run(object)
    } finally {
      call('C_DestroyObject', () => lib.C_DestroyObject(session, object))
    }
  }

  /**
   * Kryoptic 1.5.4 says of a key that may not wrap or unwrap that its handle is not valid, as others say of one that is
   * stale. The key itself tells: of one that is stale nothing can be read.
   */
  #permitted<Result>(
    { kek, use }: { readonly kek: Buffer; readonly use: number },
    run: () => Result,
  ): Result {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof TokenError) || !isStaleHandle(error.rv)) throw error
      if (readFlag(this.#session, kek, use) !== false) throw error
      throw unsupported('The key does not wrap.', 'C_WrapKey')
    }
  }

  #read(secret: Buffer): Buffer {
    const { lib, handle: session } = this.#session
    const [value] = call('C_GetAttributeValue', () =>
      lib.C_GetAttributeValue(session, secret, [{ type: pkcs11.CKA_VALUE }]),
    )
    if (Buffer.isBuffer(value?.value)) return value.value
    throw new TokenError('fault', 'The token gave no value for an unwrapped secret.', {
      call: 'C_GetAttributeValue',
      rv: 0,
      radius: 'session',
    })
  }
}

/** What is unwrapped under which handle, and to an object of which template. */
export interface Unwrapping {
  readonly kek: Buffer
  readonly wrapped: Uint8Array
  readonly template: Template
}
