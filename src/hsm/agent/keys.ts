import type { KeyKind } from '../../core/hsm.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import type { Handles } from './handles.js'
import { isStaleHandle } from '../return-values.js'
import { objectId } from './object-id.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { kindRow, residentKey } from './templates.js'
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
    this.#handles.requireAbsent(key)
    const { lib, handle: session } = this.#session
    const template = residentKey(this.#profile, { kind, id: objectId(key), label })
    const handle = call('C_GenerateKey', () =>
      lib.C_GenerateKey(session, { mechanism: kindRow(this.#profile, kind).mechanism }, template),
    )
    this.#handles.remember(key, handle)
    return this.checkValue({ key, kind })
  }

  checkValue({ key, kind }: { readonly key: KeyRef; readonly kind: KeyKind }): Uint8Array {
    return kind === 'wrapping' || kind === 'sm4-wrapping'
      ? this.#wrapping.checkWrap(key)
      : this.#wrapping.checkTag(key)
  }

  destroyKey(key: KeyRef): void {
    const objects = this.#handles.find(key)
    this.#handles.forget(key)
    const { lib, handle: session } = this.#session
    for (const object of objects) {
      try {
        call('C_DestroyObject', () => lib.C_DestroyObject(session, object))
      } catch (error) {
        // Another process destroyed it since it was found.
        if (!(error instanceof TokenError) || !isStaleHandle(error.rv)) throw error
      }
    }
  }
}
