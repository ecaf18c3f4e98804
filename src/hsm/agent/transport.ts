import { randomBytes } from 'node:crypto'
import pkcs11, { type Template } from 'pkcs11js'
import type { OaepHash } from '../../core/hsm-data.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import { CKR } from '../return-values.js'
import { readFlag, readOptionalAttribute } from './attributes.js'
import { callStoring } from './contention.js'
import { IV_BYTES, gcmEncrypt } from './gcm.js'
import type { Handles } from './handles.js'
import { judgeInput, notAuthentic, unsuitable } from './input-fault.js'
import { KeyWrap, WRAP_OVERHEAD_BYTES } from './key-wrap.js'
import { decryptStandIn, encryptOaep, oaepMechanism } from './oaep.js'
import { TokenError, unsupported } from './pkcs11-error.js'
import { type RsaPublic, isCiphertextOf, readRsaPair } from './rsa-public.js'
import type { OpenSession } from './session.js'
import { measuredKey, provingSecret, trialWrappingKey } from './session-keys.js'

const PROOF_BYTES = 32

/** Return values of C_UnwrapKey for material that opened and has a length that its key type does not. */
const WRONG_SIZE: ReadonlySet<number> = new Set([CKR.KEY_SIZE_RANGE, CKR.WRAPPED_KEY_LEN_RANGE])

/** Material under RSA OAEP, in a form that the token unwraps. */
export interface Arrived {
  /** Handle of the private half it is wrapped for. */
  readonly under: Buffer
  readonly rsa: RsaPublic
  readonly hash: OaepHash
  readonly wrapped: Buffer
  /** Its length, where a stand-in saw it. */
  readonly bytes: number | undefined
}

/** How key material of customers comes in: RSA OAEP under the public half of a pair of use `import`. */
export class Transport {
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

  /** Runs something on material that arrived; its bytes are zeroed where they were in this process. */
  receive<Result>(
    sent: { readonly under: KeyRef; readonly hash: OaepHash; readonly wrapped: Uint8Array },
    run: (arrived: Arrived) => Result,
  ): Result {
    const own = this.#ownHash(sent.hash)
    return this.#handles.use(sent.under, (under) => {
      const rsa = this.#requirePair(sent.under, under)
      const wrapped = Buffer.from(sent.wrapped)
      if (!isCiphertextOf(rsa, wrapped)) throw notAuthentic('C_UnwrapKey')
      if (own === sent.hash) return run({ under, rsa, hash: own, wrapped, bytes: undefined })
      return run(this.#exchange({ under, rsa, hash: sent.hash, wrapped, bytes: undefined }, own))
    })
  }

  /**
   * Unwraps it to an object, straight in the token. PKCS#11 v3.1 section 5.18.4.
   *
   * @throws TokenError `not-authentic`; `unsuitable` where the token refuses its length
   */
  unwrap(arrived: Arrived, template: Template): Buffer {
    return judgeInput(
      this.#profile,
      () => this.#unwrap(arrived, template),
      () =>
        this.#keyWrap.within(
          this.#unwrap(trialOf(arrived), provingSecret(this.#profile)),
          () => true,
        ),
    )
  }

  /** Length of what arrived and was unwrapped to `object`, in bytes; 0 where it has none that an AES key has. */
  lengthOf(arrived: Arrived, object: Buffer, keyType: number): number {
    if (arrived.bytes !== undefined) return arrived.bytes
    const value = readOptionalAttribute(this.#session, object, pkcs11.CKA_VALUE_LEN)
    const told = value === undefined || value.length === 0 ? 0 : value.readUIntLE(0, 4)
    if (told > 0) return told
    if (keyType === pkcs11.CKK_AES && this.#profile.gcm !== 'none') return this.#measure(arrived)
    throw unsupported('This token does not tell the length of such imported keys.', 'C_UnwrapKey')
  }

  /** Takes the padding of a hash that the token lacks off, and pads anew with one that it has. */
  #exchange(arrived: Arrived, hash: OaepHash): Arrived {
    const material = judgeInput(
      this.#profile,
      () => this.#decrypt(arrived),
      () => this.#decrypt(trialOf(arrived)).length === PROOF_BYTES,
    )
    try {
      const wrapped = encryptOaep(arrived.rsa, hash, material)
      return { ...arrived, hash, wrapped, bytes: material.length }
    } finally {
      material.fill(0)
    }
  }

  #decrypt({ under, hash, wrapped }: Arrived): Buffer {
    return decryptStandIn(this.#session, { handle: under, hash, ciphertext: wrapped })
  }

  /**
   * SoftHSM 2.6.1 says 0 for the length of every key that it unwrapped. So the material is unwrapped once more, to an AES
   * key that may leave wrapped: the wrap tells its length up to 7 bytes, and AES works with 16, 24 and 32 bytes alone.
   */
  #measure(arrived: Arrived): number {
    try {
      return judgeInput(
        this.#profile,
        () => this.#aesLength(arrived),
        () => this.#aesLength(trialOf(arrived)) === PROOF_BYTES,
      )
    } catch (error) {
      if (error instanceof TokenError && error.failure === 'not-authentic') return 0
      throw error
    }
  }

  #aesLength(arrived: Arrived): number {
    return this.#keyWrap.within(this.#unwrap(arrived, measuredKey(this.#profile)), (key) => {
      const iv = randomBytes(IV_BYTES)
      gcmEncrypt(this.#session, { key, iv, associated: Buffer.alloc(0) }, Buffer.alloc(1))
      const wrapped = this.#keyWrap.withGenerated(
        trialWrappingKey(),
        (kek) => this.#keyWrap.wrap(kek, key),
        pkcs11.CKM_AES_KEY_GEN,
      )
      return wrapped.length - WRAP_OVERHEAD_BYTES
    })
  }

  #unwrap({ under, hash, wrapped }: Arrived, template: Template): Buffer {
    const { lib, handle: session } = this.#session
    try {
      return callStoring(this.#profile, 'C_UnwrapKey', () =>
        lib.C_UnwrapKey(session, oaepMechanism(hash), under, wrapped, template),
      )
    } catch (error) {
      if (error instanceof TokenError && error.rv !== undefined && WRONG_SIZE.has(error.rv)) {
        throw unsuitable('The material is not as long as the key.')
      }
      throw error
    }
  }

  /** The hash that the token unwraps with: the one that was used, or its own where that has a stand-in. */
  #ownHash(hash: OaepHash): OaepHash {
    const { hashes, standIns } = this.#profile.oaep
    if (hashes.includes(hash)) return hash
    const [own] = hashes
    if (own !== undefined && standIns.some((standIn) => standIn === hash)) return own
    throw unsupported(`This token has no RSA OAEP with ${hash}.`, 'C_UnwrapKey')
  }

  #requirePair(key: KeyRef, own: Buffer): RsaPublic {
    const unwraps = readFlag(this.#session, own, pkcs11.CKA_UNWRAP) === true
    const rsa = unwraps ? readRsaPair(this.#session, this.#handles, { key, own }) : undefined
    if (rsa) return rsa
    throw unsupported('The key is no RSA pair for imports.', 'C_UnwrapKey')
  }
}

/** The same with material of this process's own making: what a token that is well can unwrap. */
function trialOf(arrived: Arrived): Arrived {
  const material = randomBytes(PROOF_BYTES)
  return { ...arrived, wrapped: encryptOaep(arrived.rsa, arrived.hash, material) }
}
