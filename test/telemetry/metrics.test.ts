import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { functionLabel } from '../../src/telemetry/pkcs11-functions.js'

test('shows what the HSM layer reports', async () => {
  const metrics = createMetrics()
  metrics.hsm.call('wrap', 'ok', 0.002)
  metrics.hsm.call('wrap', 'busy', 1)
  metrics.hsm.queue(7)
  metrics.hsm.agents({ ready: 3, starting: 1, sessions: 20, wantedSessions: 24 })
  metrics.hsm.agentEnded('hung')
  metrics.hsm.waited(0.004)
  metrics.hsm.functions([
    { name: 'C_Sign', calls: 5, failed: 2, ms: 1500 },
    { name: 'C_Sign', calls: 1, failed: 0, ms: 500 },
    { name: 'C_MadeUp', calls: 1, failed: 0, ms: 1 },
  ])
  metrics.hsm.fault('library', 'C_WrapKey')
  metrics.hsm.fault('session', undefined)
  metrics.hsm.fault('session', 'a name from elsewhere')
  metrics.slowRequest('Sign')
  metrics.dueWork('rotation', 'done')
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'kms_hsm_calls_total{command="wrap",outcome="ok"} 1',
    'kms_hsm_calls_total{command="wrap",outcome="busy"} 1',
    'kms_hsm_call_seconds_count{command="wrap"} 2',
    'kms_hsm_call_seconds_bucket{le="0.0025",command="wrap"} 1',
    'kms_hsm_queue_length 7',
    'kms_hsm_agents{state="ready"} 3',
    'kms_hsm_agents{state="starting"} 1',
    'kms_hsm_sessions{state="ready"} 20',
    'kms_hsm_sessions{state="wanted"} 24',
    'kms_hsm_agent_restarts_total{reason="hung"} 1',
    'kms_hsm_queue_seconds_bucket{le="0.005"} 1',
    'kms_pkcs11_calls_total{function="C_Sign",outcome="ok"} 4',
    'kms_pkcs11_calls_total{function="C_Sign",outcome="failed"} 2',
    'kms_pkcs11_calls_total{function="other",outcome="ok"} 1',
    'kms_pkcs11_call_seconds_total{function="C_Sign"} 2',
    'kms_hsm_faults_total{class="library",call="C_WrapKey"} 1',
    'kms_hsm_faults_total{class="session",call="none"} 1',
    'kms_hsm_faults_total{class="session",call="other"} 1',
    'kms_hsm_faults_total{class="request",call="none"} 0',
    'kms_slow_requests_total{operation="Sign"} 1',
    'kms_due_work_total{work="rotation",outcome="done"} 1',
  ]) {
    expect(lines).toContain(line)
  }
})

test('keeps the figures of two services in one process apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.request('CreateKey', 'ok', 0.1)
  expect(await one.text()).toContain('kms_requests_total{operation="CreateKey",code="ok"} 1')
  expect(await other.text()).not.toContain('operation="CreateKey"')
})

test('shows what lies ahead in seconds, and 0 where there is nothing', async () => {
  const metrics = createMetrics()
  const { dueWorkGauges } = metrics
  const nothing = {
    due: 0,
    overdue: 0,
    oldestDueAt: undefined,
    materialExpiresAt: undefined,
    materialExpiring: 0,
    importParameters: 0,
    importParametersExpireAt: undefined,
  }
  dueWorkGauges.outlook({ ...nothing, due: 3, overdue: 1, oldestDueAt: 5000 })
  dueWorkGauges.ran(7500)
  dueWorkGauges.held(true)
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'kms_due_work_due 3',
    'kms_due_work_overdue 1',
    'kms_due_work_oldest_timestamp_seconds 5',
    'kms_due_work_last_run_timestamp_seconds 7.5',
    'kms_due_work_held 1',
    'kms_imported_material_expiry_timestamp_seconds 0',
  ]) {
    expect(lines).toContain(line)
  }
  dueWorkGauges.outlook({ ...nothing, materialExpiresAt: 9000, materialExpiring: 1 })
  dueWorkGauges.held(false)
  const later = (await metrics.text()).split('\n')
  expect(later).toContain('kms_due_work_oldest_timestamp_seconds 0')
  expect(later).toContain('kms_imported_material_expiry_timestamp_seconds 9')
  expect(later).toContain('kms_due_work_held 0')
})

test('has a label for every PKCS#11 function that an agent calls', () => {
  const folder = new URL('../../../src/hsm/agent/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const names = files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/\bcall\(\s*'(C_\w+)'/g)].map(
      ([, name]) => name ?? '',
    ),
  )
  expect(names.length).toBeGreaterThan(40)
  for (const name of names) expect(functionLabel(name)).toBe(name)
})
