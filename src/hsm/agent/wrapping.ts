import { timingSafeEqual } from 'node:crypto'
import pkcs11, { type Mechanism, type Template } from 'pkcs11js'
import type { Binding, BoundSecret, KeyWrapping } from '../../core/hsm.js'
import type { KeyRef } from '../../core/ids.js'
import { type Profile, mechanismNumber } from '../profile.js'
import type { Handles } from './handles.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { generatedSecret, readableSecret, wrappableSecret } from './templates.js'

/** Longest tag that C_Sign may write: the buffer is never shorter than any HMAC, since some tokens write past its end. */
const MAX_MAC_BYTES = 64
const TAG_BYTES = 32
/** RFC 5649 adds one block of 8 bytes to the padded secret. */
const WRAP_OVERHEAD = 8

type Request<Name extends keyof KeyWrapping> = Parameters<KeyWrapping[Name]>[0]

/** Wrapping, unwrapping and tagging on one session, straight-line and synchronous. */
export class Wrapping {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #kwp: Mechanism
  readonly #hmac = { mechanism: pkcs11.CKM_SHA256_HMAC }

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
    // No IV parameter: RFC 5649 fixes it, SoftHSM refuses one and NSS softokn ignores a wrong one.
    this.#kwp = { mechanism: mechanismNumber(profile.keyWrap.mechanism) }
  }

  wrap({ key, secret, binding }: Request<'wrap'>): BoundSecret {
    this.#requireLength(secret.length)
    // SoftHSM 2.6.1 zero-pads before RFC 5649, others do not: padded here, every token gives the same bytes.
    const padded = Buffer.alloc(8 * Math.ceil(secret.length / 8))
    padded.set(secret)
    try {
      return this.#bind(binding, this.#wrapNew(key, 'C_CreateObject', wrappableSecret(padded)))
    } finally {
      padded.fill(0)
      secret.fill(0)
    }
  }

  generateWrapped({ key, length, binding }: Request<'generateWrapped'>): BoundSecret {
    this.#requireLength(length)
    return this.#bind(binding, this.#wrapNew(key, 'C_GenerateKey', generatedSecret(length)))
  }

  generateReadable({
    key,
    length,
    binding,
  }: Request<'generateReadable'>): BoundSecret & { readonly secret: Uint8Array } {
    this.#requireLength(length)
    const secret = this.random(length)
    // `wrap` zeroes what it is given, as it must for the secrets that arrive over the channel.
    return { ...this.wrap({ key, secret: Buffer.from(secret), binding }), secret }
  }

  unwrap({ key, wrapped, tag, binding }: Request<'unwrap'>): Uint8Array {
    // The tag comes first: malformed input makes C_UnwrapKey of opencryptoki 3.27 abort the process.
    const expected = this.#tag(binding, wrapped)
    if (tag.length !== expected.length || !timingSafeEqual(expected, tag)) {
      throw new TokenError('not-authentic', 'The tag does not fit.', {
        call: 'C_Sign',
        rv: 0,
        radius: 'request',
      })
    }
    this.#requireLength(wrapped.length - WRAP_OVERHEAD)
    return this.#handles.use(key, (kek) => this.#unwrapWith(kek, wrapped))
  }

  random(length: number): Uint8Array {
    const { lib, handle } = this.#session
    return call('C_GenerateRandom', () => lib.C_GenerateRandom(handle, Buffer.alloc(length)))
  }

  /** Known answer of a wrapping key: the wrap of 16 fixed bytes. */
  checkWrap(key: KeyRef): Uint8Array {
    const fixed = Buffer.from('kms check value!', 'latin1')
    return this.#wrapNew(key, 'C_CreateObject', wrappableSecret(fixed))
  }

  /** Known answer of a binding key: a MAC that no frame can ask for, since frames begin with another byte. */
  checkTag(key: KeyRef): Uint8Array {
    const nothing = new Uint8Array(0)
    const before = Buffer.from('kms check value', 'latin1')
    return this.#tag({ key, before, after: nothing }, nothing)
  }

  /** RFC 5649 bytes of a secret that exists on the token for this call alone. */
  #wrapNew(key: KeyRef, made: 'C_CreateObject' | 'C_GenerateKey', template: Template): Buffer {
    const { lib, handle: session } = this.#session
    const secret = call(made, () =>
      made === 'C_CreateObject'
        ? lib.C_CreateObject(session, template)
        : lib.C_GenerateKey(session, { mechanism: pkcs11.CKM_GENERIC_SECRET_KEY_GEN }, template),
    )
    try {
      const space = this.#profile.keyWrap.maxSecretBytes + WRAP_OVERHEAD
      return this.#handles.use(key, (kek) =>
        call('C_WrapKey', () =>
          lib.C_WrapKey(session, this.#kwp, kek, secret, Buffer.alloc(space)),
        ),
      )
    } finally {
      call('C_DestroyObject', () => lib.C_DestroyObject(session, secret))
    }
  }

  #unwrapWith(kek: Buffer, wrapped: Uint8Array): Uint8Array {
    const { lib, handle: session } = this.#session
    const secret = call('C_UnwrapKey', () =>
      lib.C_UnwrapKey(session, this.#kwp, kek, Buffer.from(wrapped), readableSecret(this.#profile)),
    )
    try {
      const [value] = call('C_GetAttributeValue', () =>
        lib.C_GetAttributeValue(session, secret, [{ type: pkcs11.CKA_VALUE }]),
      )
      if (!Buffer.isBuffer(value?.value)) {
        throw new TokenError('fault', 'The token gave no value for an unwrapped secret.', {
          call: 'C_GetAttributeValue',
          rv: 0,
          radius: 'agent',
        })
      }
      return value.value
    } finally {
      call('C_DestroyObject', () => lib.C_DestroyObject(session, secret))
    }
  }

  #bind(binding: Binding, wrapped: Buffer): BoundSecret {
    return { wrapped, tag: this.#tag(binding, wrapped) }
  }

  /** HMAC-SHA-256 over before ‖ wrapped ‖ after. PKCS#11 v3.1 section 6.23.4. */
  #tag({ key, before, after }: Binding, wrapped: Uint8Array): Buffer {
    const { lib, handle: session } = this.#session
    const message = Buffer.concat([before, wrapped, after])
    const tag = this.#handles.use(key, (handle) => {
      call('C_SignInit', () => lib.C_SignInit(session, this.#hmac, handle))
      return call('C_Sign', () => lib.C_Sign(session, message, Buffer.alloc(MAX_MAC_BYTES)))
    })
    return tag.subarray(0, TAG_BYTES)
  }

  #requireLength(length: number): void {
    const { maxSecretBytes } = this.#profile.keyWrap
    if (length >= 1 && length <= maxSecretBytes) return
    throw new TokenError(
      'unsupported',
      `This token wraps secrets of 1 to ${maxSecretBytes} bytes.`,
      {
        call: 'C_WrapKey',
        rv: 0,
        radius: 'request',
      },
    )
  }
}
