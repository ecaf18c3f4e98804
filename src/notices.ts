import type { AuditObserver } from './core/audit-observer.js'
import type { Log } from './telemetry/log.js'
import type { Metrics } from './telemetry/metrics.js'

/*
 * What operators are told of parts that know neither the log nor the figures.
 */

/** Tells log and figures what becomes of the audit log. */
export function auditTold(log: Log, { audit }: Metrics): AuditObserver {
  return {
    ...audit,
    notSigned(error) {
      audit.notSigned(error)
      log.warn({ err: error }, 'the audit log could not be signed; events are kept all the same')
    },
    fault(reason, error) {
      audit.fault(reason)
      if (reason === undefined) log.info({}, 'the audit log is written again')
      else log.error({ reason, err: error }, 'no call is served: the audit log cannot be written')
    },
  }
}

/** Tells the log why an agent ended, and counts it. */
export function agentEnded(log: Log, count: (reason: string) => void): (reason: string) => void {
  return (reason) => {
    count(reason)
    if (reason === 'recycled' || reason === 'doubted') log.debug({ reason }, 'agent ended')
    else log.warn({ reason }, 'agent ended')
  }
}
