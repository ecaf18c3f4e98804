import { createCipheriv, randomBytes } from 'node:crypto'
import pkcs11, { type Template } from 'pkcs11js'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { KeyWrap } from './key-wrap.js'
import type { OpenSession } from './session.js'
import { provingSecret, trialWrappingKey } from './session-keys.js'
import { generatedSecret, knownKey } from './templates.js'
import { throwAwayPkcs8 } from './throw-away-pkcs8.js'

const TRIAL_BYTES = 32
/** RFC 5649 section 3. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex')

/** What is tried when a private key does not unwrap, to find out why. All objects are of the session and gone after it. */
export class ImportTrials {
  readonly #profile: Profile
  readonly #keyWrap: KeyWrap
  /** Throw-away keys as PKCS#8, by algorithm: RSA ones take a moment to make. */
  readonly #made = new Map<PairAlgorithm, Buffer>()

  constructor(session: OpenSession, profile: Profile) {
    this.#profile = profile
    this.#keyWrap = new KeyWrap(session, profile)
  }

  /** Whether the token is well: a secret of its own making goes through a wrap and back. */
  wrapsWell(): boolean {
    return holds(() =>
      this.#keyWrap.withGenerated(
        trialWrappingKey(),
        (kek) => {
          const wrapped = this.#keyWrap.withGenerated(generatedSecret(TRIAL_BYTES), (secret) =>
            this.#keyWrap.wrap(kek, secret),
          )
          return this.unwrapsSecret(kek, wrapped)
        },
        pkcs11.CKM_AES_KEY_GEN,
      ),
    )
  }

  /** Whether something is a whole wrap, whatever is in it. */
  unwrapsSecret(kek: Buffer, wrapped: Uint8Array): boolean {
    const template = provingSecret(this.#profile)
    return holds(() => this.#keyWrap.withUnwrapped({ kek, wrapped, template }, () => true))
  }

  /** Whether the token can do it at all: unwrap a private key of this algorithm to an object of this template. */
  unwrapsPrivate(algorithm: PairAlgorithm, template: Template): boolean {
    const value = randomBytes(TRIAL_BYTES)
    const passing = template.map((one) =>
      one.type === pkcs11.CKA_TOKEN ? { ...one, value: false } : one,
    )
    const kek = knownKey({ keyType: pkcs11.CKK_AES, value, usages: [pkcs11.CKA_UNWRAP] })
    const wrapped = wrapPrivate(value, this.#throwAway(algorithm))
    return holds(() =>
      this.#keyWrap.withObject(kek, (handle) =>
        this.#keyWrap.withUnwrapped({ kek: handle, wrapped, template: passing }, () => true),
      ),
    )
  }

  #throwAway(algorithm: PairAlgorithm): Buffer {
    const known = this.#made.get(algorithm)
    if (known) return known
    const made = throwAwayPkcs8(algorithm)
    this.#made.set(algorithm, made)
    return made
  }
}

function wrapPrivate(kek: Uint8Array, pkcs8: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, INITIAL_VALUE)
  return Buffer.concat([cipher.update(pkcs8), cipher.final()])
}

function holds(trial: () => boolean): boolean {
  try {
    return trial()
  } catch {
    return false
  }
}
