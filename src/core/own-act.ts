import { randomBytes } from 'node:crypto'
import type { AuditEvent } from './audit-event.js'

/** Writes down an act of the service itself, which no call asked for: it has no caller and no status of HTTP. */
export function ownAct(
  operation: string,
  act: Pick<AuditEvent, 'time'> & Partial<AuditEvent>,
): AuditEvent {
  return {
    requestId: randomBytes(16).toString('hex'),
    operation,
    outcome: 'done',
    code: 'ok',
    status: 0,
    ...act,
  }
}
