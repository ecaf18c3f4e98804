import type { KeyKind } from '../../core/hsm.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import type { Handles } from './handles.js'
import { objectId } from './object-id.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { KINDS, residentKey } from './templates.js'
import type { Wrapping } from './wrapping.js'

/** Making and destroying the keys that live on the token. */
export class Keys {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #wrapping: Wrapping
  readonly #profile: Profile

  constructor(parts: {
    readonly session: OpenSession
    readonly handles: Handles
    readonly wrapping: Wrapping
    readonly profile: Profile
  }) {
    this.#session = parts.session
    this.#handles = parts.handles
    this.#wrapping = parts.wrapping
    this.#profile = parts.profile
  }

  generateKey(request: {
    readonly key: KeyRef
    readonly kind: KeyKind
    readonly label: string
  }): Uint8Array {
    const { key, kind, label } = request
    // Tokens admit two objects with one CKA_ID; which of them then answers is chance.
    if (this.#handles.find(key)) {
      throw new TokenError('fault', 'The token holds a key of this id and version already.', {
        call: 'C_FindObjects',
        rv: 0,
        radius: 'request',
      })
    }
    const { lib, handle: session } = this.#session
    const template = residentKey(this.#profile, { kind, id: objectId(key), label })
    const handle = call('C_GenerateKey', () =>
      lib.C_GenerateKey(session, { mechanism: KINDS[kind].mechanism }, template),
    )
    this.#handles.remember(key, handle)
    return this.checkValue({ key, kind })
  }

  checkValue({ key, kind }: { readonly key: KeyRef; readonly kind: KeyKind }): Uint8Array {
    return kind === 'wrapping' ? this.#wrapping.checkWrap(key) : this.#wrapping.checkTag(key)
  }

  destroyKey(key: KeyRef): void {
    const handle = this.#handles.find(key)
    this.#handles.forget(key)
    if (handle) {
      call('C_DestroyObject', () => this.#session.lib.C_DestroyObject(this.#session.handle, handle))
    }
  }
}
