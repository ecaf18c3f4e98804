import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { AuditObserver } from '../core/audit-observer.js'
import type { DueWork } from '../core/due-work.js'
import type { HsmObserver } from '../core/hsm-observer.js'
import { auditCheckObserver, auditObserver } from './audit-metrics.js'
import { SECONDS, hsmObserver } from './hsm-metrics.js'
import { type OutlookGauges, outlookGauges } from './outlook-metrics.js'

/** What the listener shows to clients, and what it judges theirs by. */
export type ListenerCertificate = 'server' | 'client-ca'

/** The figures of one process. Every name of a metric is written down in this folder. */
export interface Metrics {
  /** Counts a request; `code` is `ok` or an error code, both labels come from closed sets. */
  request(operation: string, code: string, seconds: number): void
  /** Counts a request that took longer than the operator wants. */
  slowRequest(this: void, operation: string): void
  /** Takes note when a certificate of the listener expires, in milliseconds since 1970; nothing where there is none. */
  certificateExpires(this: void, certificate: ListenerCertificate, time: number | undefined): void
  /** Watches due work, and what lies ahead. */
  readonly dueWorkGauges: OutlookGauges
  /** Counts an item of due work. */
  dueWork(work: DueWork, outcome: 'done' | 'failed' | 'held'): void
  /** Watches the HSM layer. */
  readonly hsm: HsmObserver
  /** Tells of a check of the whole audit log: how many chains have flaws, and when, in milliseconds since 1970. */
  auditChecked(this: void, flaws: number, time: number): void
  /** Watches the audit log. */
  readonly audit: AuditObserver
  readonly contentType: string
  /** Everything measured so far in the text format of Prometheus. */
  text(): Promise<string>
  /** The same as JSON, to be added to that of other processes. */
  snapshot(this: void): Promise<unknown>
}

/** Makes the figures of this process, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'kms_requests_total',
    help: 'Requests by operation and by outcome: ok, or the error code.',
    labelNames: ['operation', 'code'] as const,
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'kms_request_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['operation'] as const,
    buckets: SECONDS,
    registers: [registry],
  })
  const slow = new Counter({
    name: 'kms_slow_requests_total',
    help: 'Requests that took longer than KMS_SLOW_CALL_MS, by operation.',
    labelNames: ['operation'] as const,
    registers: [registry],
  })
  const certificates = new Gauge({
    name: 'kms_tls_certificate_expiry_timestamp_seconds',
    help: 'When the first certificate of a file expires, in seconds since 1970, by file: server, client-ca.',
    labelNames: ['certificate'] as const,
    // Of several processes the one with the oldest file is what matters.
    aggregator: 'min',
    registers: [registry],
  })
  const dueWork = new Counter({
    name: 'kms_due_work_total',
    help: 'Work that nobody calls for (destruction, lapse, rotation, import-pair) by outcome.',
    labelNames: ['work', 'outcome'] as const,
    registers: [registry],
  })
  return {
    request(operation, code, elapsed) {
      requests.inc({ operation, code })
      seconds.observe({ operation }, elapsed)
    },
    slowRequest: (operation) => slow.inc({ operation }),
    certificateExpires(certificate, time) {
      if (time === undefined) certificates.remove({ certificate })
      else certificates.set({ certificate }, time / 1000)
    },
    dueWorkGauges: outlookGauges(registry),
    dueWork: (work, outcome) => dueWork.inc({ work, outcome }),
    hsm: hsmObserver(registry),
    audit: auditObserver(registry),
    auditChecked: auditCheckObserver(registry),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    snapshot: () => registry.getMetricsAsJSON(),
  }
}
