import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { DueWork } from '../core/due-work.js'
import type { HsmObserver } from '../core/hsm-observer.js'

/** Upper bounds in seconds, from a call that never left the process to one that met its deadline. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The figures of one process. Every metric name is written down in this file. */
export interface Metrics {
  /** Counts a request; `code` is `ok` or an error code, both labels come from closed sets. */
  request(operation: string, code: string, seconds: number): void
  /** Counts an item of due work. */
  dueWork(work: DueWork, outcome: 'done' | 'failed' | 'held'): void
  /** Watches the HSM layer. */
  readonly hsm: HsmObserver
  readonly contentType: string
  /** Everything measured so far in the text format of Prometheus. */
  text(): Promise<string>
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
    dueWork: (work, outcome) => dueWork.inc({ work, outcome }),
    hsm: hsmObserver(registry),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

function hsmObserver(registry: Registry): HsmObserver {
  const registers = [registry]
  const calls = new Counter({
    name: 'kms_hsm_calls_total',
    help: 'Calls to the HSM by command and by outcome: ok, or the class of the failure.',
    labelNames: ['command', 'outcome'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'kms_hsm_call_seconds',
    help: 'Time of a call to the HSM, the wait for an agent included.',
    labelNames: ['command'] as const,
    buckets: SECONDS,
    registers,
  })
  const queue = new Gauge({
    name: 'kms_hsm_queue_length',
    help: 'Calls that wait for an agent.',
    registers,
  })
  const agents = new Gauge({
    name: 'kms_hsm_agents',
    help: 'Agents by state.',
    labelNames: ['state'] as const,
    registers,
  })
  const restarts = new Counter({
    name: 'kms_hsm_agent_restarts_total',
    help: 'Agents that ended and were replaced, by reason.',
    labelNames: ['reason'] as const,
    registers,
  })
  return {
    call(command, outcome, elapsed) {
      calls.inc({ command, outcome })
      seconds.observe({ command }, elapsed)
    },
    queue: (length) => queue.set(length),
    agents({ ready, starting }) {
      agents.set({ state: 'ready' }, ready)
      agents.set({ state: 'starting' }, starting)
    },
    agentEnded: (reason) => restarts.inc({ reason }),
  }
}
