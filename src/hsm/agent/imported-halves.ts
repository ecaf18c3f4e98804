import { randomBytes } from 'node:crypto'
import pkcs11, { type Template } from 'pkcs11js'
import type { OaepHash } from '../../core/hsm-data.js'
import type { Importing } from '../../core/hsm-import.js'
import type { PairAlgorithm, SignatureScheme } from '../../core/hsm-pairs.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import { readAttribute } from './attributes.js'
import { octetString } from './der.js'
import { judgeInput, unsuitable } from './input-fault.js'
import { type Oaep, encryptOaep } from './oaep.js'
import { pairRow } from './pair-algorithms.js'
import { TokenError, unsupported } from './pkcs11-error.js'
import { type SignedDigest, isRecoverable, recoverPoint } from './recovered-point.js'
import { type RsaPublic, readRsaPublic } from './rsa-public.js'
import type { OpenSession } from './session.js'
import type { SigningKeys } from './signing.js'

/** One signature leaves two candidates for its maker, a second one leaves one. */
const SIGNATURES = 2
/** A digest as long as the order of the curve, but no longer than a hash: longer ones are cut, by each in its own way. */
const DIGEST_BYTES: Readonly<Partial<Record<PairAlgorithm, number>>> = {
  'ec-p256': 32,
  'ec-p384': 48,
  'ec-p521': 64,
  secp256k1: 32,
}
/** FIPS 186-5 section 5.4: the public exponent is odd, above 2^16 and below 2^256. */
const EXPONENT = { above: 2n ** 16n, below: 2n ** 256n } as const

const RSA_SCHEMES = ['pss-sha256', 'pkcs1-sha256'] as const satisfies readonly SignatureScheme[]
const SHA256_BYTES = 32
const TRIAL_BYTES = 16

type PairRequest = Parameters<Importing['importPair']>[0]
type Named = Pick<PairRequest, 'key' | 'algorithm' | 'use'>

/**
 * The public half of an imported private key: PKCS#11 has no call that computes it.
 *
 * An RSA private key holds its public numbers. An elliptic one does not give its point away, but its signatures do: the
 * maker of an ECDSA signature can be computed from it.
 */
export class ImportedHalves {
  readonly #session: OpenSession
  readonly #profile: Profile
  readonly #signing: SigningKeys
  readonly #oaep: Oaep

  constructor(parts: {
    readonly session: OpenSession
    readonly profile: Profile
    readonly signing: SigningKeys
    readonly oaep: Oaep
  }) {
    this.#session = parts.session
    this.#profile = parts.profile
    this.#signing = parts.signing
    this.#oaep = parts.oaep
  }

  /** @throws TokenError `unsupported` for a pair whose public half nothing here can find out */
  requireImportable({ algorithm, use }: Pick<PairRequest, 'algorithm' | 'use'>): void {
    const known = this.#profile.algorithms.includes(algorithm)
    const fits = isRsa(algorithm)
      ? use === 'sign' || use === 'decrypt'
      : isRecoverable(algorithm) && use === 'sign'
    if (known && fits) return
    throw unsupported(`Pairs of ${algorithm} for ${use} cannot be imported.`, 'C_UnwrapKey')
  }

  /**
   * What the object of the public half must hold.
   *
   * @throws TokenError `unsuitable` when the private half is of another size or curve
   */
  publicValues(half: Buffer, request: Named): Template {
    return isRsa(request.algorithm)
      ? this.#rsaValues(half, request.algorithm)
      : this.#curveValues(half, request)
  }

  /**
   * Tries the two halves on each other, now that both are on the token.
   *
   * @throws TokenError `unsuitable` when they do not fit
   */
  requireFit(half: Buffer, request: Named): void {
    const fits = this.#blamingMaterial(() =>
      request.use === 'decrypt' ? this.#decrypts(half, request) : this.#signs(request),
    )
    if (!fits) throw unsuitable('The private key does not fit its own public key.')
  }

  #rsaValues(half: Buffer, algorithm: PairAlgorithm): Template {
    const bits = this.#wanted(algorithm, pkcs11.CKA_MODULUS_BITS)
    const rsa = readRsaPublic(this.#session, half)
    if (!rsa || rsa.key.asymmetricKeyDetails?.modulusLength !== bits) {
      throw unsuitable(`The private key must be an RSA key of ${String(bits)} bits.`)
    }
    requireExponent(rsa)
    return [
      { type: pkcs11.CKA_MODULUS, value: rsa.modulus },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: rsa.exponent },
    ]
  }

  #curveValues(half: Buffer, { key, algorithm }: Named): Template {
    const curve = this.#wanted(algorithm, pkcs11.CKA_EC_PARAMS)
    const own = readAttribute(this.#session, half, pkcs11.CKA_EC_PARAMS)
    if (!Buffer.isBuffer(curve) || !own.equals(curve)) {
      throw unsuitable(`The private key must be on the curve of ${algorithm}.`)
    }
    const point = isRecoverable(algorithm)
      ? recoverPoint(algorithm, this.#signatures(key, algorithm))
      : undefined
    if (!point) throw unsuitable('The private key makes no signatures that fit one public key.')
    return [
      { type: pkcs11.CKA_EC_PARAMS, value: curve },
      { type: pkcs11.CKA_EC_POINT, value: octetString(point) },
    ]
  }

  #signatures(key: KeyRef, algorithm: PairAlgorithm): readonly SignedDigest[] {
    return this.#blamingMaterial(() =>
      Array.from({ length: SIGNATURES }, () => {
        const digest = randomBytes(DIGEST_BYTES[algorithm] ?? SHA256_BYTES)
        return { digest, signature: this.#signing.sign({ key, scheme: 'ecdsa', message: digest }) }
      }),
    )
  }

  /** A signature that neither half has seen before. */
  #signs({ key, algorithm }: Named): boolean {
    const message = randomBytes(DIGEST_BYTES[algorithm] ?? SHA256_BYTES)
    const scheme = isRsa(algorithm) ? this.#rsaScheme() : 'ecdsa'
    const signature = this.#signing.sign({ key, scheme, message })
    return this.#signing.verify({ key, scheme, message, signature })
  }

  #decrypts(half: Buffer, { key }: Named): boolean {
    const rsa = readRsaPublic(this.#session, half)
    const [hash]: readonly (OaepHash | undefined)[] = this.#profile.oaep.hashes
    if (!rsa || hash === undefined) return false
    const text = randomBytes(TRIAL_BYTES)
    const ciphertext = encryptOaep(rsa, hash, text)
    return text.equals(this.#oaep.decryptOaep({ key, hash, ciphertext }))
  }

  #rsaScheme(): SignatureScheme {
    const scheme = RSA_SCHEMES.find((one) => this.#profile.signatureSchemes.includes(one))
    if (scheme) return scheme
    throw unsupported('This token makes no RSA signatures with SHA-256.', 'C_SignInit')
  }

  /** A key with wrong numbers can make the token fail as if it were sick: if its session is well, the key is at fault. */
  #blamingMaterial<Result>(run: () => Result): Result {
    const { lib, handle, slot } = this.#session
    try {
      return judgeInput(this.#profile, run, () => {
        lib.C_GetTokenInfo(slot)
        return lib.C_GenerateRandom(handle, Buffer.alloc(TRIAL_BYTES)).length === TRIAL_BYTES
      })
    } catch (error) {
      if (error instanceof TokenError && error.failure === 'not-authentic') {
        throw unsuitable('The token cannot work with the private key.')
      }
      throw error
    }
  }

  #wanted(algorithm: PairAlgorithm, type: number): unknown {
    return pairRow(this.#profile, algorithm).parameters.find((one) => one.type === type)?.value
  }
}

function requireExponent({ exponent }: RsaPublic): void {
  const value = BigInt(`0x${exponent.toString('hex')}`)
  const odd = value % 2n === 1n
  if (odd && value > EXPONENT.above && value < EXPONENT.below) return
  throw unsuitable('The public exponent must be odd, above 65536 and below 2^256.')
}

function isRsa(algorithm: PairAlgorithm): boolean {
  return algorithm.startsWith('rsa-')
}
