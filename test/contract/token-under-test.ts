import { type KeyObject, createPublicKey } from 'node:crypto'
import type { BoundSecret, Hsm, HsmFailure, KeyKind } from '../../src/core/hsm.js'
import type { KeyAttributes } from '../../src/core/hsm-inspection.js'
import { HsmError } from '../../src/core/hsm.js'
import { PAIR_ALGORITHMS, type PairAlgorithm, type PairUse } from '../../src/core/hsm-pairs.js'
import { type KeyRef, newKeyId } from '../../src/core/ids.js'

/** An HSM that a contract suite may use as it likes, and how to be rid of it. */
export interface OpenedHsm {
  readonly hsm: Hsm
  close(): Promise<void>
}

/** What differs from token to token and is no fault. */
export interface HsmFacts {
  /** Whether every length is tried; otherwise a sample that holds every remainder modulo 8 and both ends. */
  readonly everyLength: boolean
  /** What `unwrap` gives of a secret that the token generated: its length, or the next multiple of 8. */
  readonly generated: 'exact' | 'padded'
  /** Whether the token says of a key it generated that it is local. */
  readonly reportsLocal: boolean
  /** Whether the token refuses every attempt on a key, as one that guards real keys must. */
  readonly refusesAttempts: boolean
}

/** A wrapping key and a binding key, made for one test. */
export interface KeyPair {
  readonly key: KeyRef
  readonly bindingKey: KeyRef
}

/** A key pair on the token, made for one test. */
export interface MadePair {
  readonly key: KeyRef
  readonly spki: Uint8Array
  /** The same, in the hands of node:crypto. */
  readonly publicKey: KeyObject
}

/** The token that a contract suite runs on; it destroys every key that it made. */
export class TokenUnderTest {
  readonly #open: () => Promise<OpenedHsm>
  readonly #made: KeyRef[] = []
  #opened: OpenedHsm | undefined

  constructor(open: () => Promise<OpenedHsm>) {
    this.#open = open
  }

  get hsm(): Hsm {
    if (!this.#opened) throw new Error('The token is not open.')
    return this.#opened.hsm
  }

  async open(): Promise<void> {
    this.#opened = await this.#open()
  }

  /** Opens the same kind of token once more, for a test that ends it. */
  openAnother(): Promise<OpenedHsm> {
    return this.#open()
  }

  async close(): Promise<void> {
    if (!this.#opened) return
    try {
      for (const key of this.#made) await this.#opened.hsm.destroyKey(key)
    } finally {
      await this.#opened.close()
    }
  }

  /** What the token shows of a key: of both halves, where it is a pair. */
  async attributesOf(key: KeyRef): Promise<readonly KeyAttributes[]> {
    return (await this.hsm.inspectKeys()).filter(({ id }) => id === objectId(key))
  }

  /** The names of all keys on the token, sorted. */
  async namesOfAll(): Promise<readonly string[]> {
    return (await this.hsm.inspectKeys()).map(({ id }) => id).sort()
  }

  /** Names a key that a test is about to put on the token by another way. */
  willHold(key: KeyRef): void {
    this.#made.push(key)
  }

  async generate(kind: KeyKind, key: KeyRef = freshRef()): Promise<KeyRef> {
    await this.generateChecked(kind, key)
    return key
  }

  /** Returns the check value that the token gave with the key. */
  async generateChecked(kind: KeyKind, key: KeyRef): Promise<Uint8Array> {
    this.#made.push(key)
    return this.hsm.generateKey({ key, kind, label: `test/${key.keyId}/${key.version}` })
  }

  /** Generates a key pair, and gives its public key as the token gave it. */
  async pair(algorithm: PairAlgorithm, use: PairUse, key: KeyRef = freshRef()): Promise<MadePair> {
    this.#made.push(key)
    const label = `test/${key.keyId}/${key.version}`
    const spki = await this.hsm.generatePair({ key, algorithm, use, label })
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return { key, spki, publicKey }
  }

  /** The pairs that this token makes. */
  get pairAlgorithms(): readonly PairAlgorithm[] {
    return PAIR_ALGORITHMS.filter((algorithm) => this.hsm.limits.algorithms.includes(algorithm))
  }

  async keyPair(): Promise<KeyPair> {
    return { key: await this.generate('wrapping'), bindingKey: await this.generate('binding') }
  }

  /** Unwraps what {@link bind} bound. */
  unwrap({ key, bindingKey }: KeyPair, bound: BoundSecret): Promise<Uint8Array> {
    return this.hsm.unwrap({
      key,
      wrapped: bound.wrapped,
      tag: bound.tag,
      binding: bind(bindingKey),
    })
  }
}

/** Names a key that no token holds. */
export function freshRef(): KeyRef {
  return { keyId: newKeyId(), version: 1 }
}

/** CKA_ID of a key: 16 bytes of the key id, then the version as 4 bytes big-endian; lower-case hexadecimal. */
export function objectId({ keyId, version }: KeyRef): string {
  return keyId.replaceAll('-', '') + version.toString(16).padStart(8, '0')
}

/** A binding of the shape that frames use: 12 bytes before, 72 after. */
export function bind(key: KeyRef): {
  readonly key: KeyRef
  readonly before: Uint8Array
  readonly after: Uint8Array
} {
  return { key, before: new Uint8Array(12).fill(0xbe), after: new Uint8Array(72).fill(0xaf) }
}

/** How a call failed; `answered` where it did not. An error that is no HsmError goes on. */
export async function failureOf(call: Promise<unknown>): Promise<HsmFailure | 'answered'> {
  try {
    await call
    return 'answered'
  } catch (error) {
    if (error instanceof HsmError) return error.failure
    throw error
  }
}

/** Hexadecimal, so that a failing comparison is readable. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** A secret whose every byte tells its place and the length, so that cut or shifted bytes are noticed. */
export function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => ((at * 7 + length) % 251) | 1)
}

/** `bytes` with one bit of the byte at `at` changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
}

/** Changed forms of `bytes`: each end flipped, one byte less, one byte more, none. */
export function changed(bytes: Uint8Array): readonly Uint8Array[] {
  return [
    flipped(bytes, 0),
    flipped(bytes, bytes.length - 1),
    bytes.subarray(0, bytes.length - 1),
    Uint8Array.of(...bytes, 0),
    new Uint8Array(0),
  ]
}
