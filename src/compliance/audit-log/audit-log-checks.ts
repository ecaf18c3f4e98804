import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import type { AuditLogSeen, ChainSeen } from './audit-log-seen.js'

/** What is not vouched for may be so old: two signatures late, or a minute. */
const LATE_MS = 60_000
/** Clocks are corrected by so much without anybody having to look. */
const SMALL_STEP_MS = 1_000

const CHAIN = check({
  id: 'AUDIT-CHAIN',
  title: 'No record of the audit log was changed, taken out or cut off',
  requirements: [
    ...serves('PCI DSS 4.0', '10.3.2', '10.3.4'),
    ...serves('SP 800-57 part 1 rev 5', '9.1', '9.2'),
  ],
  method:
    'Each chain is read from its first record to its last: numbers without a gap, the hash of the record before, and the ends that other chains know of.',
})
const SIGNATURES = check({
  id: 'AUDIT-SIGNATURES',
  title: 'The HSM has vouched for the records of the audit log',
  requirements: [...serves('PCI DSS 4.0', '10.3.4'), ...serves('FIPS 186-5', '6')],
  method:
    'Each signature is verified with the public key that the token gave out; what stands behind the last one is counted.',
})
const KEY = check({
  id: 'AUDIT-KEY',
  title: 'The public key beside the audit log is that of the key on the token',
  requirements: [...serves('PCI DSS 4.0', '10.3.4'), ...serves('FIPS 140-3', '7.9.1')],
  method: 'The file audit-key.pem is compared with the public key read from the token.',
})
const CLOCK = check({
  id: 'AUDIT-CLOCK',
  title: 'The times of the audit log can be believed',
  requirements: serves('PCI DSS 4.0', '10.6.1'),
  method: 'Records note by how much the clock went back; times that are still to come are counted.',
})

const NO_EVENT = 'The audit log has no chain yet: nothing was done that it records.'

/** Judges the audit log. */
export function judgeAuditLog(seen: Seen<AuditLogSeen>): readonly CheckResult[] {
  return [
    concludeSeen(CHAIN, seen, ({ chains }) => ({
      findings: chains.map(judgeChain),
      nothing: NO_EVENT,
      figures: [
        {
          kind: 'table',
          title: 'Chains of the audit log',
          columns: ['chain', 'records', 'events', 'signed up to', 'closed', 'first', 'last'],
          rows: chains.map((chain) => [
            chain.writer,
            chain.records,
            chain.events,
            chain.signedRecords,
            chain.closed ? 'yes' : 'no',
            day(chain.firstAt),
            day(chain.lastAt),
          ]),
        },
      ],
    })),
    concludeSeen(SIGNATURES, seen, (log) => ({
      findings: log.chains
        .filter(({ flaw }) => flaw === undefined)
        .map((chain) => judgeSigned(chain, log)),
      nothing: NO_EVENT,
    })),
    concludeSeen(KEY, seen, judgeKey),
    concludeSeen(CLOCK, seen, ({ chains }) => ({
      findings: chains.map(judgeClock),
      nothing: NO_EVENT,
    })),
  ]
}

function judgeChain({ writer, records, torn, flaw }: ChainSeen): Finding {
  const subject = `chain ${writer}`
  if (flaw !== undefined) {
    return { subject, observed: printable(flaw), verdict: 'fail', reason: 'the log was changed' }
  }
  const end = torn ? ', and half a record of a writer that was killed or is at work' : ''
  return { subject, observed: `${records} records${end}`, verdict: 'pass' }
}

function judgeSigned(chain: ChainSeen, { now, checkpointMs }: AuditLogSeen): Finding {
  const { writer, records, signedRecords, closed, lastAt } = chain
  const subject = `chain ${writer}`
  // A signature stands in a record of its own, behind those that it vouches for.
  const behind = records - signedRecords - (signedRecords > 0 ? 1 : 0)
  if (closed || behind <= 0) return { subject, observed: 'signed to its end', verdict: 'pass' }
  const observed = `${behind} records behind the last signature`
  if (now - lastAt <= Math.max(LATE_MS, 2 * checkpointMs)) {
    return { subject, observed, verdict: 'pass' }
  }
  const reason =
    'Its writer ended without signing them, so that cutting them off would not show: compare the end with what kmsctl audit heads printed, where that was kept.'
  return { subject, observed, verdict: 'manual', reason }
}

function judgeKey({ keyFits }: AuditLogSeen) {
  if (keyFits === undefined) {
    return { findings: [], nothing: 'There is no audit-key.pem beside the log yet.' }
  }
  const finding: Finding = keyFits
    ? { subject: 'audit-key.pem', observed: 'the key of the token', verdict: 'pass' }
    : {
        subject: 'audit-key.pem',
        observed: 'another key',
        verdict: 'fail',
        reason: 'whoever verifies with it believes another signer',
      }
  return { findings: [finding] }
}

function judgeClock({ writer, clockBack, inFuture }: ChainSeen): Finding {
  const subject = `chain ${writer}`
  if (inFuture > 0) {
    const observed = `${inFuture} records of a time that is still to come`
    return { subject, observed, verdict: 'fail', reason: 'a clock was wrong, here or there' }
  }
  const { times, mostMs } = clockBack
  if (times === 0) return { subject, observed: 'never went back', verdict: 'pass' }
  const observed = `went back ${times} times, by ${mostMs} ms at most`
  if (mostMs <= SMALL_STEP_MS) return { subject, observed, verdict: 'pass' }
  const reason = 'Find out who or what set the clock back: events seem older than they are.'
  return { subject, observed, verdict: 'manual', reason }
}

function day(time: number): string {
  return time > 0 ? new Date(time).toISOString() : 'none'
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'audit', ...row }
}
