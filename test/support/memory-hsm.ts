import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  type Binding,
  type BoundSecret,
  type Hsm,
  HsmError,
  type HsmLimits,
  type HsmStatus,
  type KeyKind,
} from '../../src/core/hsm.js'
import type {
  Attempt,
  KeyAttributes,
  KnownAnswer,
  TokenIdentity,
} from '../../src/core/hsm-inspection.js'
import type { Assessment } from '../../src/core/hsm-assessment.js'
import type { PairUse } from '../../src/core/hsm-pairs.js'
import type { KeyRef } from '../../src/core/ids.js'
import { type DataCommands, dataCommands } from './memory-data.js'
import { assessmentCommands } from './memory-assessment.js'
import { MEMORY_IDENTITY, MEMORY_LIMITS } from './memory-facts.js'
import { knownAnswersOf } from './memory-known-answers.js'
import type { HsmCall, MemoryHsmOptions } from './memory-options.js'
import { type PairsCommands, pairsCommands } from './memory-pairs.js'
import type { MemoryPair, MemoryToken } from './memory-token.js'
import {
  KIND_BYTES,
  type MemoryKey,
  attributesOf,
  attemptsOn,
  makeKey,
  pairAttributesOf,
  privateFlags,
  refName,
  unwrapPadded,
  wrapPadded,
} from './memory-keys.js'

export type { HsmCall, MemoryHsmOptions } from './memory-options.js'

/** Opens an HSM whose keys live in this process: the port in full, with nothing but software behind it. */
export function createMemoryHsm(options: MemoryHsmOptions = {}): Hsm {
  const hsm = new MemoryHsm(options)
  const token = hsm.inside()
  return Object.assign(hsm, pairsCommands(token), dataCommands(token), assessmentCommands(token))
}

class MemoryHsm implements Omit<Hsm, keyof PairsCommands | keyof DataCommands | keyof Assessment> {
  readonly limits: HsmLimits
  readonly #keys = new Map<string, MemoryKey>()
  readonly #pairs = new Map<string, MemoryPair>()
  readonly #options: MemoryHsmOptions
  #closed = false

  constructor(options: MemoryHsmOptions) {
    this.#options = options
    this.limits = {
      ...MEMORY_LIMITS,
      maxSecretBytes: options.maxSecretBytes ?? MEMORY_LIMITS.maxSecretBytes,
      ...options.limits,
    }
    for (const known of options.keys ?? []) this.#add(makeKey({ local: false, ...known }))
  }

  /** What the commands in other files work on. */
  inside(): MemoryToken {
    return {
      limits: this.limits,
      enter: (call) => this.#enter(call),
      secret: (ref, kind) => this.#find(ref, kind),
      pair: (ref, use) => this.#findPair(ref, use),
      requireListed: (algorithm) => this.#requireListed(algorithm),
      addSecret: (key) => this.#add(key),
      addPair: (pair) => this.#addPair(pair),
      tag: (wrapped, binding) => this.#tag(wrapped, binding),
      checkValue: (key) => checkValueOf(key),
    }
  }

  async generateKey(request: {
    readonly key: KeyRef
    readonly kind: KeyKind
    readonly label: string
  }): Promise<Uint8Array> {
    await this.#enter('generateKey')
    this.#requireListed(request.kind)
    const value = randomBytes(KIND_BYTES[request.kind])
    return checkValueOf(this.#add(makeKey({ local: true, value, ...request })))
  }

  async checkValue(request: { readonly key: KeyRef; readonly kind: KeyKind }): Promise<Uint8Array> {
    await this.#enter('checkValue')
    return checkValueOf(this.#find(request.key, request.kind))
  }

  discardKey(key: KeyRef): Promise<void> {
    return this.destroyKey(key)
  }

  async destroyKey(key: KeyRef): Promise<void> {
    await this.#enter('destroyKey')
    this.#keys.get(refName(key))?.value.fill(0)
    this.#keys.delete(refName(key))
    this.#pairs.delete(refName(key))
  }

  async wrap(request: {
    readonly key: KeyRef
    readonly secret: Uint8Array
    readonly binding: Binding
  }): Promise<BoundSecret> {
    await this.#enter('wrap')
    return this.#wrapAndTag(request, request.secret)
  }

  async generateWrapped(request: {
    readonly key: KeyRef
    readonly length: number
    readonly binding: Binding
  }): Promise<BoundSecret> {
    await this.#enter('generateWrapped')
    this.#requireLength(request.length)
    const secret = randomBytes(request.length)
    try {
      const wrapping = this.#find(request.key, 'wrapping')
      if (this.#options.generated === 'padded') return this.#wrapAndTag(request, secret)
      return this.#tagged(wrapPadded(wrapping.value, secret), request.binding)
    } finally {
      secret.fill(0)
    }
  }

  async generateReadable(request: {
    readonly key: KeyRef
    readonly length: number
    readonly binding: Binding
  }): Promise<BoundSecret & { readonly secret: Uint8Array }> {
    await this.#enter('generateReadable')
    this.#requireLength(request.length)
    const secret = randomBytes(request.length)
    try {
      return { ...this.#wrapAndTag(request, secret), secret }
    } catch (error) {
      secret.fill(0)
      throw error
    }
  }

  async unwrap(request: {
    readonly key: KeyRef
    readonly wrapped: Uint8Array
    readonly tag: Uint8Array
    readonly binding: Binding
  }): Promise<Uint8Array> {
    await this.#enter('unwrap')
    const expected = this.#tag(request.wrapped, request.binding)
    if (expected.length !== request.tag.length || !timingSafeEqual(expected, request.tag)) {
      throw new HsmError('not-authentic', 'The tag does not fit the wrapped secret.')
    }
    return unwrapPadded(this.#find(request.key, 'wrapping').value, request.wrapped)
  }

  async random(length: number): Promise<Uint8Array> {
    await this.#enter('random')
    return Uint8Array.from(randomBytes(length))
  }

  async identity(): Promise<TokenIdentity> {
    await this.#enter('identity')
    return MEMORY_IDENTITY
  }

  async inspectKeys(): Promise<readonly KeyAttributes[]> {
    await this.#enter('inspectKeys')
    return [
      ...[...this.#keys.values()].map(attributesOf),
      ...[...this.#pairs.values()].flatMap(pairAttributesOf),
    ]
  }

  async knownAnswers(): Promise<readonly KnownAnswer[]> {
    await this.#enter('knownAnswers')
    return knownAnswersOf()
  }

  async attempts(key: KeyRef): Promise<readonly Attempt[]> {
    await this.#enter('attempts')
    const pair = this.#pairs.get(refName(key))
    return attemptsOn(pair ? { flags: privateFlags(pair) } : this.#find(key))
  }

  status(): HsmStatus {
    return this.#closed
      ? { ready: false, reason: 'The in-memory HSM is closed.' }
      : { ready: true, reason: undefined }
  }

  close(): Promise<void> {
    this.#closed = true
    for (const { value } of this.#keys.values()) value.fill(0)
    this.#keys.clear()
    this.#pairs.clear()
    return Promise.resolve()
  }

  async #enter(call: HsmCall): Promise<void> {
    if (this.#closed) throw new HsmError('unavailable', 'The in-memory HSM is closed.')
    const failure = await this.#options.beforeCall?.(call)
    if (failure) throw failure
  }

  #add(key: MemoryKey): MemoryKey {
    try {
      this.#requireAbsent(key.ref)
    } catch (error) {
      key.value.fill(0)
      throw error
    }
    this.#keys.set(refName(key.ref), key)
    return key
  }

  #addPair(pair: MemoryPair): MemoryPair {
    this.#requireAbsent(pair.ref)
    this.#pairs.set(refName(pair.ref), pair)
    return pair
  }

  #requireAbsent(ref: KeyRef): void {
    const name = refName(ref)
    if (!this.#keys.has(name) && !this.#pairs.has(name)) return
    throw new HsmError('fault', 'The token holds a key of this id and version already.')
  }

  #requireListed(algorithm: HsmLimits['algorithms'][number]): void {
    if (this.limits.algorithms.includes(algorithm)) return
    throw new HsmError('unsupported', `The token makes no ${algorithm} keys.`)
  }

  #findPair(ref: KeyRef, use?: PairUse): MemoryPair {
    const pair = this.#pairs.get(refName(ref))
    if (!pair) throw new HsmError('key-missing', 'The token does not hold the key.')
    if (use && pair.use !== use) {
      throw new HsmError('unsupported', `The pair is for ${pair.use}, not for ${use}.`)
    }
    return pair
  }

  #find(ref: KeyRef, kind?: KeyKind): MemoryKey {
    const key = this.#keys.get(refName(ref))
    if (!key) throw new HsmError('key-missing', 'The token does not hold the key.')
    if (kind && key.kind !== kind) {
      throw new HsmError('unsupported', `The key is of kind ${key.kind}, not ${kind}.`)
    }
    return key
  }

  #wrapAndTag(
    request: { readonly key: KeyRef; readonly binding: Binding },
    secret: Uint8Array,
  ): BoundSecret {
    this.#requireLength(secret.length)
    const wrapping = this.#find(request.key, 'wrapping')
    const padded = Buffer.alloc(8 * Math.ceil(secret.length / 8))
    padded.set(secret)
    try {
      return this.#tagged(wrapPadded(wrapping.value, padded), request.binding)
    } finally {
      padded.fill(0)
    }
  }

  #requireLength(length: number): void {
    if (!Number.isSafeInteger(length) || length < 1 || length > this.limits.maxSecretBytes) {
      throw new HsmError(
        'unsupported',
        `A secret must have 1 to ${this.limits.maxSecretBytes} bytes.`,
      )
    }
  }

  #tagged(wrapped: Uint8Array, binding: Binding): BoundSecret {
    return { wrapped, tag: this.#tag(wrapped, binding) }
  }

  #tag(wrapped: Uint8Array, { key, before, after }: Binding): Uint8Array {
    const mac = createHmac('sha256', this.#find(key, 'binding').value)
    return Uint8Array.from(mac.update(before).update(wrapped).update(after).digest())
  }
}

/** Known answers of a key that betray nothing of it: 8 zero bytes wrapped, or a MAC of a fixed text. */
function checkValueOf({ kind, value }: MemoryKey): Uint8Array {
  if (kind === 'wrapping') return wrapPadded(value, Buffer.alloc(8))
  return Uint8Array.from(createHmac('sha256', value).update('check value').digest())
}
