import { runLoad } from './load.js'
import { type MeasuredService, SETTLEABLE, startService } from './measured-service.js'
import { MemorySampler } from './memory-sampler.js'
import { residentMemory } from './processes.js'
import { readMetric } from './read-metric.js'
import { type Memory, OPERATION_NAMES, type Phase } from './report.js'
import { median } from './statistics.js'
import { type Workload, prepareWorkload } from './workload.js'

/** Connections at which memory is judged. */
export const MEMORY_CONNECTIONS = 32
/** The part of a phase's samples, from its end, that is compared: the process has grown to its size by then. */
const TAIL = 0.2
/** Both rounds of settle.ts, and the time to give pages back. */
const SETTLE_MS = 1500
const BYTES_PER_MB = 2 ** 20

/**
 * Measures the memory of a fresh service over two equal phases of load, half of it each operation.
 *
 * Growth is judged after each phase has ended and a full garbage collection has run. Under load the resident memory
 * depends on when V8 chose to collect: it is reported besides.
 */
export async function measureMemory(requests: number, signal: AbortSignal): Promise<Memory> {
  const service = await startService(signal, { flags: SETTLEABLE })
  const sampler = new MemorySampler(service.pid)
  try {
    const workload = await prepareWorkload(service)
    const parts = { service, workload, sampler }
    const first = await runPhase(parts, requests, signal)
    const second = await runPhase(parts, requests, signal)
    return {
      connections: MEMORY_CONNECTIONS,
      phases: [first, second],
      processes: sampler.peaks().map(({ pid, peakMb }) => ({
        name: pid === service.pid ? 'service' : 'agent',
        peak_rss_mb: peakMb,
      })),
      growth_rss_mb: second.service_rss_mb - first.service_rss_mb,
      growth_settled_rss_mb: second.settled_rss_mb - first.settled_rss_mb,
      growth_settled_heap_mb: second.settled_heap_mb - first.settled_heap_mb,
    }
  } finally {
    sampler.stop()
    await service.stop()
  }
}

async function runPhase(
  parts: {
    readonly service: MeasuredService
    readonly workload: Workload
    readonly sampler: MemorySampler
  },
  requests: number,
  signal: AbortSignal,
): Promise<Phase> {
  const { service, workload, sampler } = parts
  const load = {
    server: service,
    requests: workload.requests(OPERATION_NAMES),
    connections: MEMORY_CONNECTIONS,
    until: { requests },
  }
  const { figures, seconds } = await runLoad(load, signal)
  const samples = sampler.take()
  const tail = samples.slice(Math.floor(samples.length * (1 - TAIL)))
  const settled = await settle(service)
  return {
    requests: figures.requests,
    seconds,
    peak_rss_mb: Math.max(...samples.map(({ totalMb }) => totalMb)),
    peak_distinct_mb: Math.max(...samples.map(({ distinctMb }) => distinctMb)),
    service_rss_mb: median(tail.map(({ serviceMb }) => serviceMb)),
    settled_rss_mb: settled.rssMb,
    settled_heap_mb: settled.heapMb,
  }
}

async function settle(
  service: MeasuredService,
): Promise<{ readonly rssMb: number; readonly heapMb: number }> {
  service.kill('SIGUSR2')
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const rssMb = residentMemory(service.pid)?.mb
  await service.requireAlive()
  if (rssMb === undefined) throw new Error('The memory of the service cannot be read.')
  return { rssMb, heapMb: await usedHeapMb(service.url) }
}

/** The heap that is in use, as the service itself says. */
async function usedHeapMb(url: string): Promise<number> {
  return (await readMetric(url, 'nodejs_heap_size_used_bytes')) / BYTES_PER_MB
}
