import pkcs11, { type Template } from 'pkcs11js'
import type { Importing } from '../../core/hsm-import.js'
import { objectId } from '../../core/object-id.js'
import type { Profile } from '../profile.js'
import { readFlag, readNumber } from './attributes.js'
import { callStoring } from './contention.js'
import type { Handles } from './handles.js'
import { ImportTrials } from './import-trials.js'
import type { ImportedHalves } from './imported-halves.js'
import { notAuthentic, unsuitable } from './input-fault.js'
import { KeyWrap, type Unwrapping, WRAP_OVERHEAD_BYTES } from './key-wrap.js'
import type { Keys } from './keys.js'
import { pairRow } from './pair-algorithms.js'
import { TokenError, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { forUnwrap, transportKey } from './session-keys.js'
import { readPublicKey } from './spki.js'
import { residentPrivate, residentPublic } from './pair-templates.js'
import { importedKey, kindRow } from './templates.js'
import { Transport } from './transport.js'

const BLOCK_BYTES = 8
/** The longest PKCS#8 that anyone imports, RSA of 4096 bits, has under 2400 bytes. */
const MAX_PRIVATE_BYTES = 4096

/** Attributes that a token must not only take but show. */
const MUST_BE_READ: ReadonlySet<number> = new Set([pkcs11.CKA_SENSITIVE, pkcs11.CKA_EXTRACTABLE])

/** The temporary keys that RFC 5649 is used with here: AES-128 and AES-256. */
const TEMPORARY_BYTES: readonly number[] = [16, 32]

type PairRequest = Parameters<Importing['importPair']>[0]

/**
 * Key material of customers. It was outside of the token, so it will never be CKA_LOCAL or CKA_NEVER_EXTRACTABLE; from
 * here on it is as sensitive as any other.
 *
 * Nothing vouches for what arrives: on some malformed wraps opencryptoki 3.27 aborts, which costs its agent.
 */
export class ImportedKeys {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile
  readonly #keys: Keys
  readonly #keyWrap: KeyWrap
  readonly #transport: Transport
  readonly #trials: ImportTrials
  readonly #halves: ImportedHalves

  constructor(parts: {
    readonly session: OpenSession
    readonly handles: Handles
    readonly profile: Profile
    readonly keys: Keys
    readonly halves: ImportedHalves
  }) {
    this.#session = parts.session
    this.#handles = parts.handles
    this.#profile = parts.profile
    this.#keys = parts.keys
    this.#halves = parts.halves
    this.#keyWrap = new KeyWrap(parts.session, parts.profile)
    this.#transport = new Transport(parts.session, parts.handles, parts.profile)
    this.#trials = new ImportTrials(parts.session, parts.profile)
  }

  importSecret(request: Parameters<Importing['importSecret']>[0]): Uint8Array {
    const { key, kind, label } = request
    this.#handles.requireAbsent(key)
    const row = kindRow(this.#profile, kind)
    const template = forUnwrap(importedKey(this.#profile, { kind, id: objectId(key), label }))
    return this.#transport.receive(request, (arrived) => {
      const object = this.#transport.unwrap(arrived, template)
      return this.#keepOnSuccess(request, [object], () => {
        this.#requireAsAsked(object, template)
        // Its template cannot state the length: SoftHSM refuses that, and NSS softokn would cut the key.
        if (this.#transport.lengthOf(arrived, object, row.keyType) !== row.bytes) {
          throw unsuitable(`The material must have ${row.bytes} bytes.`)
        }
        this.#handles.remember(key, object)
        return this.#keys.checkValue({ key, kind })
      })
    })
  }

  importPair(request: PairRequest): Uint8Array {
    const { under, hash, wrappedKey, key } = request
    this.#halves.requireImportable(request)
    this.#handles.requireAbsent(key)
    requireShape(request.wrappedPrivate)
    return this.#transport.receive({ under, hash, wrapped: wrappedKey }, (arrived) =>
      this.#keyWrap.within(
        this.#transport.unwrap(arrived, transportKey(this.#profile)),
        (temporary) => {
          const length = this.#transport.lengthOf(arrived, temporary, pkcs11.CKK_AES)
          if (!TEMPORARY_BYTES.includes(length)) {
            throw unsuitable('The temporary key must be an AES key of 16 or 32 bytes.')
          }
          return this.#importUnder(temporary, request)
        },
      ),
    )
  }

  #importUnder(temporary: Buffer, request: PairRequest): Uint8Array {
    const { key, algorithm, use, label, wrappedPrivate } = request
    const { keyType } = pairRow(this.#profile, algorithm)
    const names = { use, id: objectId(key), label, keyType }
    const template = forUnwrap(residentPrivate(this.#profile, names))
    const half = this.#unwrapPrivate({ kek: temporary, wrapped: wrappedPrivate, template }, request)
    const objects = [half]
    return this.#keepOnSuccess(request, objects, () => {
      this.#requireAsAsked(half, template)
      this.#handles.remember(key, half)
      const publicHalf = this.#create([
        ...residentPublic(this.#profile, names),
        ...this.#halves.publicValues(half, request),
      ])
      objects.push(publicHalf)
      this.#handles.rememberPublic(key, publicHalf)
      this.#halves.requireFit(half, request)
      return readPublicKey(this.#session, publicHalf, this.#profile)
    })
  }

  /** Finds out who is at fault when it does not unwrap: return values do not tell. */
  #unwrapPrivate(unwrapping: Unwrapping, { algorithm }: Pick<PairRequest, 'algorithm'>): Buffer {
    try {
      return this.#keyWrap.unwrapObject(unwrapping)
    } catch (error) {
      if (!(error instanceof TokenError) || !this.#trials.wrapsWell()) throw error
      const { kek, wrapped, template } = unwrapping
      if (!this.#trials.unwrapsPrivate(algorithm, template)) {
        throw unsupported(`This token imports no pairs of ${algorithm}.`, 'C_UnwrapKey')
      }
      if (!this.#trials.unwrapsSecret(kek, wrapped)) throw notAuthentic('C_UnwrapKey')
      throw unsuitable(`The material is no private key (PKCS#8) of ${algorithm}.`)
    }
  }

  #create(template: Template): Buffer {
    const { lib, handle: session } = this.#session
    return callStoring(this.#profile, 'C_CreateObject', () => lib.C_CreateObject(session, template))
  }

  /**
   * Some tokens ignore what a template says of the key that they unwrap: its protection (opencryptoki 3.8), its uses (NSS
   * softokn 3.87, private keys).
   */
  #requireAsAsked(object: Buffer, template: Template): void {
    const keyType = template.find(({ type }) => type === pkcs11.CKA_KEY_TYPE)?.value
    if (readNumber(this.#session, object, pkcs11.CKA_KEY_TYPE) !== keyType) {
      throw unsuitable('The material is a key of another type.')
    }
    for (const { type, value } of template) {
      if (typeof value !== 'boolean') continue
      const flag = readFlag(this.#session, object, type)
      if (flag === value || (flag === undefined && !MUST_BE_READ.has(type))) continue
      throw unsupported('This token does not protect keys that it unwraps.', 'C_UnwrapKey')
    }
  }

  /** Leaves nothing on the token when the import fails after all. */
  #keepOnSuccess<Result>(
    { key }: Pick<PairRequest, 'key'>,
    objects: readonly Buffer[],
    run: () => Result,
  ): Result {
    try {
      return run()
    } catch (error) {
      // What cannot be destroyed is a worse error than what came before.
      this.#keys.discardKey(key, objects)
      throw error
    }
  }
}

/** RFC 5649 section 4.1: two blocks and more. */
function requireShape({ length }: Uint8Array): void {
  const fits = length % BLOCK_BYTES === 0 && length >= 2 * BLOCK_BYTES
  if (!fits || length > MAX_PRIVATE_BYTES + WRAP_OVERHEAD_BYTES) throw notAuthentic('C_UnwrapKey')
}
