import type { Binding, BoundSecret, KeyWrapping } from '../../core/hsm.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import type { Handles } from './handles.js'
import { KeyWrap, WRAP_OVERHEAD_BYTES } from './key-wrap.js'
import { call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { Tagging } from './tagging.js'
import { generatedSecret, wrappableSecret } from './templates.js'

type Request<Name extends keyof KeyWrapping> = Parameters<KeyWrapping[Name]>[0]

/** Wrapping, unwrapping and tagging on one session, straight-line and synchronous. */
export class Wrapping {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #keyWrap: KeyWrap
  readonly #tagging: Tagging

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
    this.#keyWrap = new KeyWrap(session, profile)
    this.#tagging = new Tagging(session, handles)
  }

  wrap({ key, secret, binding }: Request<'wrap'>): BoundSecret {
    this.#requireLength(secret.length)
    // SoftHSM 2.6.1 zero-pads before RFC 5649, others do not: padded here, every token gives the same bytes.
    const padded = Buffer.alloc(8 * Math.ceil(secret.length / 8))
    padded.set(secret)
    try {
      return this.#bind(binding, this.#wrapGiven(key, padded))
    } finally {
      padded.fill(0)
      secret.fill(0)
    }
  }

  generateWrapped({ key, length, binding }: Request<'generateWrapped'>): BoundSecret {
    this.#requireLength(length)
    if (length < this.#profile.keyWrap.minGeneratedBytes) {
      // A token that generates no secret so short still draws random bytes.
      return this.wrap({ key, secret: this.random(length), binding })
    }
    const wrapped = this.#keyWrap.withGenerated(generatedSecret(length), (secret) =>
      this.#handles.use(key, (kek) => this.#keyWrap.wrap(kek, secret)),
    )
    return this.#bind(binding, wrapped)
  }

  generateReadable({
    key,
    length,
    binding,
  }: Request<'generateReadable'>): BoundSecret & { readonly secret: Uint8Array } {
    this.#requireLength(length)
    const secret = this.random(length)
    // `wrap` zeroes what it is given, as it must for the secrets that arrive over the channel.
    return { secret, ...this.wrap({ key, secret: Buffer.from(secret), binding }) }
  }

  unwrap({ key, wrapped, tag, binding }: Request<'unwrap'>): Uint8Array {
    this.#tagging.requireTag(binding, wrapped, tag)
    requireLength(wrapped.length - WRAP_OVERHEAD_BYTES, this.#keyWrap.maxUnwrapBytes)
    return this.#handles.use(key, (kek) => this.#keyWrap.unwrap(kek, wrapped))
  }

  random(length: number): Uint8Array {
    const { lib, handle } = this.#session
    return call('C_GenerateRandom', () => lib.C_GenerateRandom(handle, Buffer.alloc(length)))
  }

  /** Known answer of a wrapping key: the wrap of 16 fixed bytes. */
  checkWrap(key: KeyRef): Uint8Array {
    return this.#wrapGiven(key, Buffer.from('kms check value!', 'latin1'))
  }

  /** Known answer of a binding key: a MAC that no frame can ask for, since frames begin with another byte. */
  checkTag(key: KeyRef): Uint8Array {
    const nothing = new Uint8Array(0)
    const before = Buffer.from('kms check value', 'latin1')
    return this.#tagging.tag({ key, before, after: nothing }, nothing)
  }

  #wrapGiven(key: KeyRef, value: Buffer): Buffer {
    return this.#keyWrap.withObject(wrappableSecret(value), (secret) =>
      this.#handles.use(key, (kek) => this.#keyWrap.wrap(kek, secret)),
    )
  }

  #bind(binding: Binding, wrapped: Buffer): BoundSecret {
    return { wrapped, tag: this.#tagging.tag(binding, wrapped) }
  }

  #requireLength(length: number): void {
    requireLength(length, this.#profile.keyWrap.maxSecretBytes)
  }
}

/** Refuses secrets that the token cannot hold, before it is asked. */
export function requireLength(length: number, maxBytes: number): void {
  if (length >= 1 && length <= maxBytes) return
  throw unsupported(`This token wraps secrets of 1 to ${maxBytes} bytes.`, 'C_WrapKey')
}
