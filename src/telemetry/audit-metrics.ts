import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { AuditObserver } from '../core/audit-observer.js'

/** Upper bounds in seconds, from a disk with a battery to one that is about to fail. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** The figures of the audit log. */
export function auditObserver(registry: Registry): AuditObserver {
  const registers = [registry]
  const events = new Counter({
    name: 'kms_audit_events_total',
    help: 'Records that are on disk in the audit log.',
    registers,
  })
  const batches = new Histogram({
    name: 'kms_audit_batch_seconds',
    help: 'Time to write a batch of records and have it confirmed to be on disk.',
    buckets: SECONDS,
    registers,
  })
  const refused = new Counter({
    name: 'kms_audit_refused_calls_total',
    help: 'Calls that were refused because no event could be kept.',
    registers,
  })
  const signed = new Gauge({
    name: 'kms_audit_checkpoint_timestamp_seconds',
    help: 'When the HSM last signed a chain of this machine, in seconds since 1970; 0 before.',
    aggregator: 'max',
    registers,
  })
  const notSigned = new Counter({
    name: 'kms_audit_checkpoint_failures_total',
    help: 'Checkpoints that the HSM did not sign.',
    registers,
  })
  const fault = new Gauge({
    name: 'kms_audit_fault',
    help: '1 while no event can be kept and calls are refused, 0 otherwise.',
    aggregator: 'max',
    registers,
  })
  return {
    written(count, seconds) {
      events.inc(count)
      batches.observe(seconds)
    },
    refused: () => refused.inc(),
    signed: (time) => signed.set(time / 1000),
    notSigned: () => notSigned.inc(),
    fault: (reason) => fault.set(reason === undefined ? 0 : 1),
  }
}

/** The figures of the checks of the whole audit log. */
export function auditCheckObserver(registry: Registry): (flaws: number, time: number) => void {
  const registers = [registry]
  const checked = new Gauge({
    name: 'kms_audit_verified_timestamp_seconds',
    help: 'When the whole audit log was last verified, in seconds since 1970; 0 before.',
    aggregator: 'max',
    registers,
  })
  const flawed = new Gauge({
    name: 'kms_audit_flawed_chains',
    help: 'Chains of the audit log that were found to be changed, cut or gone by the last check.',
    aggregator: 'max',
    registers,
  })
  return function auditChecked(flaws, time) {
    flawed.set(flaws)
    checked.set(time / 1000)
  }
}
