import pkcs11 from 'pkcs11js'
import type { KeyKind } from '../../core/hsm.js'
import type { KeyRef } from '../../core/ids.js'
import { objectId } from '../../core/object-id.js'
import type { Profile } from '../profile.js'
import { callStoring } from './contention.js'
import type { FoundKey, Handles } from './handles.js'
import { isStaleHandle } from '../return-values.js'
import { TokenError } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { kindRow, residentKey } from './templates.js'
import { sleep } from './sleep.js'
import type { Wrapping } from './wrapping.js'

/** Before an object is destroyed, and by handles found anew once more and again, until the token is said not to do it. */
const PAUSES_MS = [0, 5, 20, 80] as const

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
    const handle = callStoring(this.#profile, 'C_GenerateKey', () =>
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

  /**
   * Destroys every object of a key.
   *
   * @throws TokenError `key-missing` when this library was shown no object of the key, or one half of a pair alone: what
   * it was not shown is not destroyed
   */
  destroyKey(key: KeyRef): void {
    if (!isWhole(this.#destroyAll(key))) throw this.#handles.missing()
  }

  /**
   * Destroys the objects of a key that this library was shown. `made`: handles of those that were just made, whatever the
   * token says their CKA_ID is.
   */
  discardKey(key: KeyRef, made: readonly Buffer[] = []): void {
    for (const object of made) this.#destroy(object)
    this.#destroyAll(key)
  }

  /** Returns what there was. */
  #destroyAll(key: KeyRef): readonly FoundKey[] {
    const objects = this.#handles.find(key)
    this.#handles.forget(key)
    // A refused handle may be that of an object which is gone, or of one which is not. And Kryoptic 1.5.4 says CKR_OK, and
    // has not destroyed it, where another process was writing just then (src/token.rs, destroy_object).
    let left = objects
    for (const pause of PAUSES_MS) {
      sleep(pause)
      for (const { handle } of left) this.#destroy(handle)
      left = this.#handles.find(key)
      if (left.length === 0) break
    }
    if (left.length > 0) {
      throw new TokenError('unavailable', 'The token did not destroy the key.', {
        call: 'C_DestroyObject',
        rv: 0,
        radius: 'session',
      })
    }
    return objects
  }

  #destroy(object: Buffer): void {
    const { lib, handle: session } = this.#session
    try {
      callStoring(this.#profile, 'C_DestroyObject', () => lib.C_DestroyObject(session, object))
    } catch (error) {
      // Another process destroyed it since it was found.
      if (!(error instanceof TokenError) || !isStaleHandle(error.rv)) throw error
    }
  }
}

/** Whether these are all the objects that one key has: a secret key, or both halves of a pair. */
function isWhole(objects: readonly FoundKey[]): boolean {
  const classes = objects.map(({ keyClass }) => keyClass)
  return (
    classes.includes(pkcs11.CKO_SECRET_KEY) ||
    (classes.includes(pkcs11.CKO_PRIVATE_KEY) && classes.includes(pkcs11.CKO_PUBLIC_KEY))
  )
}
