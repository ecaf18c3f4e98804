import { verifyApart } from './audit/verify/verify-apart.js'
import type { AuditSettings } from './config.js'
import type { Log } from './telemetry/log.js'
import type { Metrics } from './telemetry/metrics.js'

/** Time from the start of the process to the first check, which should not meet the first calls. */
const FIRST_MS = 60_000

/** Verifies the audit log again and again, and tells metrics and log what it found. */
export function startAuditCheck(
  { on, folder, verifyMs }: AuditSettings,
  parts: {
    readonly publicKeys: readonly Uint8Array[]
    readonly log: Log
    readonly metrics: Metrics
  },
): { close(this: void): Promise<void> } {
  const { publicKeys, log, metrics } = parts
  const ending = new AbortController()
  let running = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = !on || verifyMs === 0

  async function check(): Promise<void> {
    try {
      const reports = await verifyApart({ folder, publicKeys }, ending.signal)
      if (reports === undefined) return
      const flaws = reports.flatMap(({ flaw }) => flaw ?? [])
      metrics.auditChecked(flaws.length, Date.now())
      for (const flaw of flaws) log.error({ ...flaw }, 'the audit log was changed')
    } catch (error) {
      log.error({ err: error }, 'the audit log could not be verified')
    }
  }

  function next(ms: number): void {
    if (stopped) return
    timer = setTimeout(() => {
      running = check().finally(() => next(verifyMs))
    }, ms)
    timer.unref()
  }

  next(Math.min(FIRST_MS, verifyMs))
  return {
    close() {
      stopped = true
      clearTimeout(timer)
      ending.abort()
      return running
    },
  }
}
