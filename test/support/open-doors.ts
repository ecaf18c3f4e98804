import type { Access } from '../../src/core/access.js'
import type { AuditEvent, AuditLog } from '../../src/core/audit-event.js'
import type { CallLimits } from '../../src/core/call-limits.js'
import type { LockOut } from '../../src/core/lock-out.js'

/** A judge that lets everybody do everything, for tests of what comes after it. */
export function allowAll(): Access {
  let decided = false
  function allow(): Promise<void> {
    decided = true
    return Promise.resolve()
  }
  const access: Access = {
    require: allow,
    requireKey: allow,
    judged() {
      decided = true
    },
    rule: undefined,
    get decided() {
      return decided
    },
  }
  return access
}

/** Limits that nobody reaches. */
export const noLimits: CallLimits = {
  admitAddress: () => Promise.resolve(),
  admitPassword: () => Promise.resolve(),
  admitCaller: () => Promise.resolve(),
}

/** Locks nobody out. */
export const noLockOut: LockOut = {
  isLocked: () => false,
  failed: () => undefined,
  succeeded: () => undefined,
}

/** An audit log in memory. */
export interface MemoryAudit extends AuditLog {
  readonly events: readonly AuditEvent[]
}

/** Makes an audit log in memory. */
export function memoryAudit(): MemoryAudit {
  const events: AuditEvent[] = []
  return {
    events,
    fault: () => undefined,
    record(event) {
      events.push(event)
      return Promise.resolve()
    },
  }
}
