import type { Hsm, HsmLimits, KeyKind } from '../../src/core/hsm.js'
import type { KeyRef } from '../../src/core/ids.js'

/** A key that a test knows, put on the store beforehand. */
interface KnownKey {
  readonly key: KeyRef
  readonly kind: KeyKind
  readonly label: string
  /** As long as its kind says. */
  readonly value: Uint8Array
  /** Whether the store may give the value away: what a compliance run must notice. Default false. */
  readonly extractable?: boolean
}

/** Name of a call of the port that reaches the token. */
export type HsmCall = Exclude<keyof Hsm, 'limits' | 'status' | 'close'>

/** How an in-memory HSM differs from the usual one. */
export interface MemoryHsmOptions {
  readonly keys?: readonly KnownKey[]
  /** Longest secret. Default 1024 bytes. */
  readonly maxSecretBytes?: number
  /** What else the token can or cannot do. Default: all that softhsm2 does, and OAEP with SHA-256. */
  readonly limits?: Partial<HsmLimits>
  /**
   * What comes back of a secret that the store generated itself: its `exact` length (NSS softokn), or `padded` with
   * zeroes to a multiple of 8 (SoftHSM 2). Default `exact`.
   */
  readonly generated?: 'exact' | 'padded'
  /** Called before every call that reaches the token; an error that it returns is thrown instead of the answer. */
  readonly beforeCall?: (call: HsmCall) => Error | undefined | Promise<Error | undefined>
}
