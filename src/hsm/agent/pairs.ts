import type { PairGeneration } from '../../core/hsm-pairs.js'
import type { KeyRef } from '../../core/ids.js'
import { objectId } from '../../core/object-id.js'
import type { Profile } from '../profile.js'
import { callStoring } from './contention.js'
import type { Handles } from './handles.js'
import type { Keys } from './keys.js'
import { pairRow } from './pair-algorithms.js'
import type { OpenSession } from './session.js'
import { readPublicKey } from './spki.js'
import { residentPrivate, residentPublic } from './pair-templates.js'

/** Key pairs that live on the token; both halves have the CKA_ID of their key version. */
export class Pairs {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #keys: Keys

  constructor(parts: {
    readonly session: OpenSession
    readonly handles: Handles
    readonly profile: Profile
    readonly keys: Keys
  }) {
    this.#session = parts.session
    this.#handles = parts.handles
    this.#profile = parts.profile
    this.#keys = parts.keys
  }

  generatePair(request: Parameters<PairGeneration['generatePair']>[0]): Uint8Array {
    const { key, algorithm, use, label } = request
    this.#handles.requireAbsent(key)
    const { lib, handle: session } = this.#session
    const { keyType, mechanism, parameters } = pairRow(this.#profile, algorithm)
    const names = { use, id: objectId(key), label, keyType }
    const pair = callStoring(
      this.#profile,
      'C_GenerateKeyPair',
      () =>
        lib.C_GenerateKeyPair(
          session,
          { mechanism },
          [...residentPublic(this.#profile, names), ...parameters],
          residentPrivate(this.#profile, names),
        ),
      // A token that stored one half and not the other may have kept the one.
      () => this.#keys.discardKey(key),
    )
    this.#handles.remember(key, pair.privateKey)
    this.#handles.rememberPublic(key, pair.publicKey)
    return this.publicKey(key)
  }

  publicKey(key: KeyRef): Uint8Array {
    return this.#handles.usePublic(key, (handle) =>
      readPublicKey(this.#session, handle, this.#profile),
    )
  }
}
