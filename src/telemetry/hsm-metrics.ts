import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { FaultClass, HsmObserver } from '../core/hsm-observer.js'
import { functionLabel } from './pkcs11-functions.js'

/** Upper bounds in seconds, from a call that never left the process to one that met its deadline. */
export const SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

const FAULT_CLASSES: readonly FaultClass[] = ['request', 'session', 'library']

/** The figures of the HSM layer. Nobody follows a single call here. */
export function hsmObserver(registry: Registry): HsmObserver {
  return { begins: () => undefined, ...callFigures(registry), ...agentFigures(registry) }
}

function callFigures(
  registry: Registry,
): Pick<HsmObserver, 'call' | 'waited' | 'functions' | 'fault'> {
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
  const waits = new Histogram({
    name: 'kms_hsm_queue_seconds',
    help: 'Time that a call to the HSM waited for an agent.',
    buckets: SECONDS,
    registers,
  })
  const functions = new Counter({
    name: 'kms_pkcs11_calls_total',
    help: 'Calls of PKCS#11 functions by function and by outcome: ok or failed.',
    labelNames: ['function', 'outcome'] as const,
    registers,
  })
  const functionSeconds = new Counter({
    name: 'kms_pkcs11_call_seconds_total',
    help: 'Time that calls of PKCS#11 functions took, by function.',
    labelNames: ['function'] as const,
    registers,
  })
  const faults = new Counter({
    name: 'kms_hsm_faults_total',
    help: 'Failures of the HSM by what they cost (request, session, library) and by PKCS#11 function.',
    labelNames: ['class', 'call'] as const,
    registers,
  })
  // A series that is there from the start shows its first increase as one.
  for (const kind of FAULT_CLASSES) faults.inc({ class: kind, call: functionLabel(undefined) }, 0)
  return {
    call(command, outcome, elapsed) {
      calls.inc({ command, outcome })
      seconds.observe({ command }, elapsed)
    },
    waited: (elapsed) => waits.observe(elapsed),
    functions(figures) {
      for (const figure of figures) {
        const name = functionLabel(figure.name)
        functions.inc({ function: name, outcome: 'ok' }, figure.calls - figure.failed)
        if (figure.failed > 0) functions.inc({ function: name, outcome: 'failed' }, figure.failed)
        functionSeconds.inc({ function: name }, figure.ms / 1000)
      }
    },
    fault: (kind, call) => faults.inc({ class: kind, call: functionLabel(call) }),
  }
}

function agentFigures(registry: Registry): Pick<HsmObserver, 'queue' | 'agents' | 'agentEnded'> {
  const registers = [registry]
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
  const sessions = new Gauge({
    name: 'kms_hsm_sessions',
    help: 'Sessions of the agents that are ready, and sessions that there are to be.',
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
    queue: (length) => queue.set(length),
    agents(counts) {
      agents.set({ state: 'ready' }, counts.ready)
      agents.set({ state: 'starting' }, counts.starting)
      sessions.set({ state: 'ready' }, counts.sessions)
      sessions.set({ state: 'wanted' }, counts.wantedSessions)
    },
    agentEnded: (reason) => restarts.inc({ reason }),
  }
}
