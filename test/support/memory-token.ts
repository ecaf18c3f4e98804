import type { KeyObject } from 'node:crypto'
import type { Binding, HsmLimits, KeyKind } from '../../src/core/hsm.js'
import type { PairAlgorithm, PairUse } from '../../src/core/hsm-pairs.js'
import type { KeyRef } from '../../src/core/ids.js'
import type { HsmCall } from './memory-hsm.js'
import type { MemoryKey } from './memory-keys.js'

/** A key pair of the in-memory HSM. */
export interface MemoryPair {
  readonly ref: KeyRef
  readonly algorithm: PairAlgorithm
  readonly use: PairUse
  readonly label: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Whether the token made it itself; an imported one it did not. Default true. */
  readonly local?: boolean
}

/** The inside of an in-memory HSM, for the files that hold its commands. */
export interface MemoryToken {
  readonly limits: HsmLimits
  /** First step of every command. */
  enter(call: HsmCall): Promise<void>
  /** @throws HsmError `unsupported` for what the token does not make */
  requireListed(algorithm: KeyKind | PairAlgorithm): void
  /** @throws HsmError `key-missing`; `unsupported` for a key of another kind */
  secret(ref: KeyRef, kind?: KeyKind): MemoryKey
  /** @throws HsmError `key-missing`; `unsupported` for a pair of another use */
  pair(ref: KeyRef, use?: PairUse): MemoryPair
  /** @throws HsmError `fault` where the id is taken */
  addSecret(key: MemoryKey): MemoryKey
  /** @throws HsmError `fault` where the id is taken */
  addPair(pair: MemoryPair): MemoryPair
  tag(wrapped: Uint8Array, binding: Binding): Uint8Array
  checkValue(key: MemoryKey): Uint8Array
}
