import { expect, test } from '@jest/globals'
import { createMetrics } from '../../src/telemetry/metrics.js'

test('shows what the HSM layer reports', async () => {
  const metrics = createMetrics()
  metrics.hsm.call('wrap', 'ok', 0.002)
  metrics.hsm.call('wrap', 'busy', 1)
  metrics.hsm.queue(7)
  metrics.hsm.agents({ ready: 3, starting: 1 })
  metrics.hsm.agentEnded('hung')
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
    'kms_hsm_agent_restarts_total{reason="hung"} 1',
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
