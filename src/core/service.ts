import type { Clock } from './clock.js'
import type { Hsm } from './hsm.js'
import type { KeyStore } from './key-store.js'
import type { BindingKeys } from './seal.js'

/** What an operation works with: the ports, and the few settings that reach the wire. */
export interface Service {
  readonly hsm: Hsm
  readonly bindingKeys: BindingKeys
  readonly keys: KeyStore
  readonly clock: Clock
  /** Region id that key details carry as `realm`. */
  readonly region: string
  /** How many CMKs a project may have. */
  readonly cmkQuota: number
}
