import { eventLoopP99 } from '../event-loop.js'
import { type MeasuredService, openPremises, startOn } from '../measured-service.js'
import { MemorySampler } from '../memory-sampler.js'
import type { LatencyOptions, Options } from '../options.js'
import { childrenOf, processesAreShown } from '../processes.js'
import type { Latency, LatencyRow } from '../report.js'
import { medians, runRested } from '../rounds.js'
import { median } from '../statistics.js'
import { type Workload, prepareWorkload } from '../workload.js'
import { type SlowToken, openSlowToken } from './slow-token.js'

/** Connections for each session: twice as many calls as can be under way keep every session busy. */
const CONNECTIONS_PER_SESSION = 2
const OPERATION = 'encrypt-datakey'
const READY_WITHIN_MS = 60_000
const POLL_MS = 50
const MS_PER_SECOND = 1000

type Settings = Pick<Options, 'rounds' | 'seconds' | 'warmUpSeconds'> & LatencyOptions

interface Bench {
  readonly token: SlowToken
  readonly service: MeasuredService
  readonly workload: Workload
  readonly sampler: MemorySampler
  readonly signal: AbortSignal
}

/**
 * Measures encrypt-datakey on a token whose calls take some milliseconds each, against what its sessions could do at most:
 * sessions / (calls of one request x time of a call). Each delay has a token and a service of its own, since SoftHSM leaks
 * 275 bytes a call: what one row has leaked is no memory of the next.
 */
export async function measureLatency(
  options: Settings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Latency> {
  if (!processesAreShown()) throw new Error('--latency needs /proc, which this system lacks.')
  const { agents, sessions } = options
  const rows: LatencyRow[] = []
  for (const ms of options.delaysMs) {
    note(`${OPERATION}, ${ms} ms for each PKCS#11 call, ${sessions} sessions`)
    rows.push(await measureDelay(ms, options, signal))
  }
  return { agents, sessions, rows }
}

async function measureDelay(
  delayMs: number,
  options: Settings,
  signal: AbortSignal,
): Promise<LatencyRow> {
  const { agents, sessions } = options
  const token = await openSlowToken(sessions / agents)
  const premises = await openPremises(() => Promise.resolve(token))
  try {
    const service = await startOn(premises, signal, { settings: { KMS_AGENTS: String(agents) } })
    const sampler = new MemorySampler(service.pid)
    try {
      await allAgents(service, agents)
      const workload = await prepareWorkload(service)
      const bench = { token, service, workload, sampler, signal }
      return await token.slowed(delayMs, () => measureRow(bench, delayMs, options))
    } finally {
      sampler.stop()
      await service.stop()
    }
  } finally {
    await premises.remove()
  }
}

async function measureRow(
  { token, service, workload, sampler, signal }: Bench,
  delayMs: number,
  { sessions, rounds, seconds, warmUpSeconds }: Settings,
): Promise<LatencyRow> {
  const connections = CONNECTIONS_PER_SESSION * sessions
  function load(duration: number) {
    const requests = workload.requests([OPERATION])
    const until = { seconds: duration }
    return runRested({ server: service, requests, connections, until }, signal)
  }
  await load(warmUpSeconds)
  sampler.take()
  const measured: LatencyRow['rounds'] = []
  while (measured.length < rounds) {
    const before = token.calls()
    await eventLoopP99(service.url)
    const { figures, sample } = await load(seconds)
    const loopP99 = await eventLoopP99(service.url)
    const calls = (token.calls() - before) / figures.requests
    await workload.verify(OPERATION, sample)
    const most = (MS_PER_SECOND * sessions) / (calls * delayMs)
    measured.push({
      service: figures,
      calls,
      throughput_ratio: figures.per_second / most,
      event_loop_p99_ms: loopP99,
    })
  }
  return {
    operation: OPERATION,
    delay_ms: delayMs,
    connections,
    service: medians(measured.map((one) => one.service)),
    calls: median(measured.map((one) => one.calls)),
    throughput_ratio: median(measured.map((one) => one.throughput_ratio)),
    event_loop_p99_ms: median(measured.map((one) => one.event_loop_p99_ms)),
    peak_rss_mb: Math.max(...sampler.take().map(({ totalMb }) => totalMb)),
    rounds: measured,
  }
}

/** The first agent serves before the others have started. */
async function allAgents({ pid }: MeasuredService, agents: number): Promise<void> {
  const limit = performance.now() + READY_WITHIN_MS
  while (childrenOf(pid).length < agents) {
    if (performance.now() > limit) throw new Error('The service did not start its agents.')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
