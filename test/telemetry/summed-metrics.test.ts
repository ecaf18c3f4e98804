import { expect, test } from '@jest/globals'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { SummedMetrics } from '../../src/telemetry/summed-metrics.js'

/** As it arrives from another process. */
async function snapshotOf(metrics: ReturnType<typeof createMetrics>): Promise<unknown> {
  return JSON.parse(JSON.stringify(await metrics.snapshot())) as unknown
}

const COUNTS = { serving: 2, starting: 1 }

test('adds up what processes counted, and keeps what those counted that have ended', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  const summed = new SummedMetrics<string>()
  one.request('CreateKey', 'ok', 0.002)
  one.hsm.queue(3)
  one.audit.fault('full')
  other.request('CreateKey', 'ok', 0.2)
  other.request('CreateKey', 'KMS.0104', 0.2)
  other.hsm.queue(4)
  other.audit.fault(undefined)
  summed.heard('one', await snapshotOf(one))
  summed.heard('other', await snapshotOf(other))
  const both = (await summed.text(COUNTS)).split('\n')
  for (const line of [
    'kms_requests_total{operation="CreateKey",code="ok"} 2',
    'kms_requests_total{operation="CreateKey",code="KMS.0104"} 1',
    'kms_request_seconds_count{operation="CreateKey"} 3',
    'kms_request_seconds_bucket{le="0.0025",operation="CreateKey"} 1',
    'kms_hsm_queue_length 7',
    'kms_audit_fault 1',
    'kms_http_processes{state="serving"} 2',
    'kms_http_processes{state="starting"} 1',
    'kms_http_process_restarts_total 0',
  ]) {
    expect(both).toContain(line)
  }

  await summed.ended('one')
  const left = (await summed.text(COUNTS)).split('\n')
  for (const line of [
    'kms_requests_total{operation="CreateKey",code="ok"} 2',
    'kms_request_seconds_count{operation="CreateKey"} 3',
    'kms_hsm_queue_length 4',
    'kms_audit_fault 0',
    'kms_http_process_restarts_total 1',
  ]) {
    expect(left).toContain(line)
  }
})

test('adds nothing up that all of them read from one place', async () => {
  const summed = new SummedMetrics<string>()
  for (const [name, expiresAt] of [
    ['one', 2_000_000],
    ['other', 1_000_000],
  ] as const) {
    const metrics = createMetrics()
    metrics.certificateExpires('server', expiresAt)
    metrics.dueWorkGauges.ran(5_000)
    metrics.dueWorkGauges.outlook({
      due: 3,
      overdue: 2,
      oldestDueAt: 4_000,
      materialExpiresAt: 9_000,
      materialExpiring: 1,
      importParameters: 5,
      importParametersExpireAt: 8_000,
    })
    summed.heard(name, await snapshotOf(metrics))
  }
  const lines = (await summed.text(COUNTS)).split('\n')
  for (const line of [
    'kms_tls_certificate_expiry_timestamp_seconds{certificate="server"} 1000',
    'kms_due_work_last_run_timestamp_seconds 5',
    'kms_due_work_due 3',
    'kms_due_work_overdue 2',
    'kms_due_work_oldest_timestamp_seconds 4',
    'kms_imported_material_expiry_timestamp_seconds 9',
    'kms_imported_material_expiring 1',
    'kms_import_parameters 5',
    'kms_import_parameters_expiry_timestamp_seconds 8',
  ]) {
    expect(lines).toContain(line)
  }
})

test('keeps the figures of a process that says nothing, or nonsense', async () => {
  const metrics = createMetrics()
  const summed = new SummedMetrics<string>()
  metrics.request('CreateKey', 'ok', 0.1)
  summed.heard('one', await snapshotOf(metrics))
  for (const nonsense of [undefined, null, 'text', [1], [{ name: 'x' }]]) {
    summed.heard('one', nonsense)
  }
  expect(await summed.text(COUNTS)).toContain(
    'kms_requests_total{operation="CreateKey",code="ok"} 1',
  )
})
