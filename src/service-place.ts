import type { LoginTurns } from './core/login-turns.js'
import { NO_SIBLINGS, type Siblings } from './core/siblings.js'
import type { ConnectionSource } from './http/connection-source.js'
import type { Leases } from './limits/leases.js'

/** What a service has around it on its machine. */
export interface ServicePlace {
  readonly siblings: Siblings
  /** Who brings connections, where the process does not accept them itself. */
  readonly source?: ConnectionSource
  /** Who counts the calls of all processes. */
  readonly leases?: Leases
  /** Whose turn it is to log in to a token, where other processes do so with the same PIN file. */
  readonly logins?: LoginTurns
  /** The figures of all processes; nothing where they cannot be had. */
  readonly metricsText?: () => Promise<string | undefined>
  /** Whether this process does what one process of a machine is enough for. */
  readonly isFirst: boolean
}

/** The one process of its machine. */
export const ALONE: ServicePlace = { siblings: NO_SIBLINGS, isFirst: true }
