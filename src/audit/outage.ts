import type { AuditEvent } from '../core/audit-event.js'
import { ownAct } from '../core/own-act.js'
import { FilesGone } from './chain-files.js'
import { errorCode } from './error-code.js'

/** A time in which the audit log cannot be written. */
export interface Outage {
  /** A sentence for operators. */
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly since: number
}

/** The outage that begins with an error. */
export function outageOf(error: unknown, since: number): Outage {
  return { reason: reasonOf(error), since }
}

/** The event that tells of an outage when it is over. */
export function recoveryOf(
  { reason, since }: Outage,
  { time, refused }: { readonly time: number; readonly refused: number },
): AuditEvent {
  const details = {
    reason,
    refused_calls: String(refused),
    since: new Date(since).toISOString(),
  }
  return ownAct('RecoverAuditLog', { time, details })
}

function reasonOf(error: unknown): string {
  if (error instanceof FilesGone) return 'The files of the audit log were taken away.'
  return `The audit log cannot be written (${errorCode(error) ?? 'unknown failure'}).`
}
