import type { BoundSecret } from '../../core/hsm.js'
import type { Rewrapping } from '../../core/hsm-data.js'
import type { Profile } from '../profile.js'
import type { Handles } from './handles.js'
import { KeyWrap, WRAP_OVERHEAD_BYTES } from './key-wrap.js'
import type { OpenSession } from './session.js'
import { movingSecret } from './session-keys.js'
import { Tagging } from './tagging.js'
import { requireLength } from './wrapping.js'

/** Secrets moved from key to key inside the token: data keys, and the private halves of pairs. */
export class SecretRewrapping {
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #keyWrap: KeyWrap
  readonly #tagging: Tagging

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#handles = handles
    this.#profile = profile
    this.#keyWrap = new KeyWrap(session, profile)
    this.#tagging = new Tagging(session, handles)
  }

  /** The new wrap is as long as the old one: what is cut off or padded to 8 bytes is the same in both. */
  rewrap({ from, to }: Parameters<Rewrapping['rewrap']>[0]): BoundSecret {
    this.#tagging.requireTag(from.binding, from.wrapped, from.tag)
    requireLength(from.wrapped.length - WRAP_OVERHEAD_BYTES, this.#keyWrap.maxUnwrapBytes)
    const template = movingSecret(this.#profile)
    const wrapped = this.#handles.use(from.key, (source) =>
      this.#keyWrap.withUnwrapped({ kek: source, wrapped: from.wrapped, template }, (secret) =>
        this.#handles.use(to.key, (target) => this.#keyWrap.wrap(target, secret)),
      ),
    )
    return { wrapped, tag: this.#tagging.tag(to.binding, wrapped) }
  }
}
