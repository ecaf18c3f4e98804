import type { Cmk, KeyVersion } from '../../core/cmk.js'
import type { ServiceKey } from '../../core/service-key.js'

/** A CMK with the versions of its material, oldest first. */
export interface LivingCmk {
  readonly cmk: Cmk
  readonly versions: readonly KeyVersion[]
}

/** Life cycle of every key that the store names. Times in milliseconds since 1970. */
export interface LifeCycleSeen {
  readonly now: number
  readonly cmks: readonly LivingCmk[]
  readonly serviceKeys: readonly ServiceKey[]
  readonly cryptoperiods: Cryptoperiods
}

/** What a key is for, as cryptoperiods tell keys apart. */
export const PERIOD_KINDS = ['symmetric', 'mac', 'sign', 'decrypt', 'agree'] as const

/** One of {@link PERIOD_KINDS}. */
export type PeriodKind = (typeof PERIOD_KINDS)[number]

/** How long a key may be used to protect, in days. */
export type Cryptoperiods = Readonly<Record<PeriodKind, number>>

/**
 * The longest originator-usage periods of SP 800-57 part 1 rev 5 section 5.3.6, table 1: key wrapping, authentication and
 * key transport 2 years, signatures 3 years, key agreement 2 years.
 */
export const DEFAULT_CRYPTOPERIODS: Cryptoperiods = {
  symmetric: 730,
  mac: 730,
  sign: 1095,
  decrypt: 730,
  agree: 730,
}
