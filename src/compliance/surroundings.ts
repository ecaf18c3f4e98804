import type { AuditLogSeen } from './audit-log/audit-log-seen.js'
import type { BuildSeen } from './build/build-seen.js'
import type { LifeCycleSeen } from './life-cycle/life-cycle-seen.js'
import type { RightsSeen } from './rights/rights-seen.js'
import type { Seen } from './seen.js'
import type { TransportSeen } from './transport/transport-seen.js'

/** What is around token and store, as it was seen. */
export interface SurroundingsSeen {
  readonly auditLog: Seen<AuditLogSeen>
  readonly lifeCycle: Seen<LifeCycleSeen>
  readonly rights: Seen<RightsSeen>
  readonly transport: Seen<TransportSeen>
  readonly build: Seen<BuildSeen>
}

/** Port: looks at what is around token and store, one thing after the other. */
export type Surroundings = {
  readonly [Name in keyof SurroundingsSeen]: () => Promise<SurroundingsSeen[Name]>
}
