import type { PairGeneration } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import type { Handles } from './handles.js'
import { KeyWrap, WRAP_OVERHEAD_BYTES } from './key-wrap.js'
import { pairRow } from './pair-algorithms.js'
import { call, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { readPublicKey } from './spki.js'
import { sessionPair } from './pair-templates.js'

/** Pairs that the token makes to give them away: the private half leaves it wrapped, and no object of them stays. */
export class WrappedPairs {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #keyWrap: KeyWrap

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
    this.#keyWrap = new KeyWrap(session, profile)
  }

  /**
   * What is wrapped is the PKCS#8 of the private half (PKCS#11 v3.1 section 6.7), followed by up to 7 zero bytes on tokens
   * that pad before they wrap.
   */
  generateWrappedPair({ key, algorithm }: Parameters<PairGeneration['generateWrappedPair']>[0]): {
    readonly publicKey: Uint8Array
    readonly wrapped: Uint8Array
  } {
    this.#requireLength(0)
    if (!this.#profile.algorithms.includes(algorithm)) {
      throw unsupported(`This token makes no pairs of ${algorithm}.`, 'C_GenerateKeyPair')
    }
    const pair = this.#generate(algorithm)
    return this.#keyWrap.within(pair.publicKey, (publicHalf) => {
      const wrapped = this.#keyWrap.within(pair.privateKey, (privateHalf) =>
        this.#handles.use(key, (kek) => this.#keyWrap.wrap(kek, privateHalf)),
      )
      this.#requireLength(wrapped.length - WRAP_OVERHEAD_BYTES)
      return { publicKey: readPublicKey(this.#session, publicHalf, this.#profile), wrapped }
    })
  }

  #generate(algorithm: Parameters<typeof pairRow>[1]): { publicKey: Buffer; privateKey: Buffer } {
    const { lib, handle: session } = this.#session
    const { keyType, mechanism, parameters } = pairRow(this.#profile, algorithm)
    const { publicHalf, privateHalf } = sessionPair({ keyType })
    return call('C_GenerateKeyPair', () =>
      lib.C_GenerateKeyPair(session, { mechanism }, [...publicHalf, ...parameters], privateHalf),
    )
  }

  #requireLength(length: number): void {
    const { maxPairBytes } = this.#profile.keyWrap
    if (maxPairBytes > 0 && length <= maxPairBytes) return
    throw unsupported('This token cannot wrap such a pair.', 'C_WrapKey')
  }
}
